"""Encryption of personal fields, and keyed hashes to find rows by a value without storing it.

A field is sealed with AES-256-GCM. The row's identity (table, row id, column) is its associated
data, so a ciphertext copied into another row or column does not open. The id of the key stands in
front of the ciphertext, so keys can rotate: the first configured key seals, every key opens.

Each data subject has a key of their own, which seals what they told. It is kept sealed under a
configured key, beside their name. So rotating the configured keys re-seals one short field a
person, and destroying that field erases the person, in every copy of the rest too.

Layout of a sealed field, in bytes:

    1   format: 1, under a configured key       2, under the subject's key
    1   length n of the key id                  (not there)
    n   key id, ASCII                           (not there)
    12  nonce, random
    *   ciphertext, then the 16-byte tag

The two keys in use (sealing, indexing) are both derived from the configured one with HKDF-SHA256
(RFC 5869) under different labels, so neither says anything about the other.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot import patterns
from bot.objections.errors import StorageError

__all__ = ["DIRECT", "BlindIndex", "Keys", "Sealer", "SubjectKey", "Unreadable", "readable"]

_log = structlog.get_logger()

_FORMAT = 1
# How every field begins that a configured key has sealed directly.
DIRECT = bytes([_FORMAT])
_SUBJECT_FORMAT = 2
_KEY_BYTES = 32
_NONCE_BYTES = 12
_WRAPPED = "wrapped_key"
_KEY_ID = patterns.compile(r"[A-Za-z0-9_-]{1,32}")
_URL_SAFE = str.maketrans("-_", "+/")
_HOW = (
    "DATA_KEYS must look like 'k1:<base64 of 32 bytes>', with further keys after commas, "
    "the one in use first"
)


class Unreadable(Exception):
    """A sealed field does not open: damaged, from another row, or its key is not configured."""


@contextmanager
def readable() -> Iterator[None]:
    """Inside of it, a field that does not open is StorageError, and a line in the log."""
    try:
        yield
    except Unreadable:
        _log.error("record_unreadable")
        raise StorageError() from None


@dataclass(frozen=True)
class BlindIndex:
    """A keyed hash of a value: `digest` is 64 hex digits, `key_id` names the key that made it."""

    key_id: str
    digest: str


@dataclass(frozen=True)
class _Key:
    key_id: str
    seal: bytes = field(repr=False)
    index: bytes = field(repr=False)


class Sealer(Protocol):
    """What seals and opens the fields of one data subject."""

    def seal(self, text: str, *, table: str, row_id: str, column: str) -> bytes:
        """Encrypt `text` for one column of one row."""

    def open(self, sealed: bytes, *, table: str, row_id: str, column: str) -> str:
        """Decrypt what `seal` made for the same column of the same row; else Unreadable."""


class SubjectKey:
    """The key of one data subject: 32 bytes, kept nowhere but sealed under a configured key."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(secret)

    def seal(self, text: str, *, table: str, row_id: str, column: str) -> bytes:
        """Encrypt `text` for one column of one row."""
        header, nonce = bytes([_SUBJECT_FORMAT]), secrets.token_bytes(_NONCE_BYTES)
        identity = _identity(header, table, row_id, column)
        return header + nonce + self._cipher.encrypt(nonce, text.encode("utf-8"), identity)

    def open(self, sealed: bytes, *, table: str, row_id: str, column: str) -> str:
        """Decrypt what `seal` made for the same column of the same row; else Unreadable."""
        sealed = bytes(sealed)  # psycopg2 hands a memoryview
        header, rest = sealed[:1], sealed[1:]
        if header != bytes([_SUBJECT_FORMAT]):
            raise Unreadable("a sealed field has an unknown format")
        identity = _identity(header, table, row_id, column)
        return _decrypted(self._cipher, rest, identity).decode("utf-8")


class Keys:
    """The configured data keys, the current one first."""

    def __init__(self, material: Iterable[tuple[str, bytes]]) -> None:
        """Take (key id, 32 bytes) pairs, the current key first.

        Raises ValueError, naming DATA_KEYS and never the key, for anything else.
        """
        keys: dict[str, _Key] = {}
        for key_id, secret in material:
            if not _KEY_ID.fullmatch(key_id):
                raise ValueError(f"{_HOW}; a key id has 1 to 32 letters, digits, '_' or '-'")
            if key_id in keys:
                raise ValueError(f"{_HOW}; a key id occurs twice")
            if len(secret) != _KEY_BYTES:
                raise ValueError(f"{_HOW}; a key is {len(secret)} bytes long, not {_KEY_BYTES}")
            keys[key_id] = _Key(
                key_id,
                seal=_derive(secret, b"objection-bot field encryption v1"),
                index=_derive(secret, b"objection-bot blind index v1"),
            )
        if not keys:
            raise ValueError(f"{_HOW}; it is empty")
        self._keys = keys
        self._current = next(iter(keys.values()))

    @staticmethod
    def new() -> str:
        """A fresh key as `parse` reads it, under an id that no other key has had."""
        secret = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")
        return f"k{secrets.token_hex(4)}:{secret}"

    @classmethod
    def parse(cls, text: str) -> Keys:
        """Read the setting DATA_KEYS: `k2:<base64>,k1:<base64>`, the key in use first."""
        return cls(_parse_one(part.strip()) for part in text.split(",") if part.strip())

    def __repr__(self) -> str:
        return f"Keys({', '.join(self._keys)})"

    @property
    def current_id(self) -> str:
        """The id of the key that seals and indexes from now on."""
        return self._current.key_id

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all configured keys, the current one first."""
        return tuple(self._keys)

    @property
    def header(self) -> bytes:
        """How every field begins that the current key seals directly, and no other does."""
        return _header(self._current.key_id)

    def new_subject(self, contact_id: str) -> tuple[SubjectKey, bytes]:
        """A fresh key for the person of this row of `contact`, and the same sealed, to be kept."""
        secret = secrets.token_bytes(_KEY_BYTES)
        return SubjectKey(secret), self._seal(secret, "contact", contact_id, _WRAPPED)

    def subject(self, wrapped: bytes | None, contact_id: str) -> Sealer:
        """The key that `new_subject` sealed; without one, what the configured keys seal directly,
        as they did before subjects had keys.

        Raises Unreadable.
        """
        if wrapped is None:
            return self
        return SubjectKey(self._open(wrapped, "contact", contact_id, _WRAPPED))

    def rewrapped(self, wrapped: bytes, contact_id: str) -> bytes:
        """The same subject's key, sealed under the current configured key. Raises Unreadable."""
        secret = self._open(wrapped, "contact", contact_id, _WRAPPED)
        return self._seal(secret, "contact", contact_id, _WRAPPED)

    def seal(self, text: str, *, table: str, row_id: str, column: str) -> bytes:
        """Encrypt `text` for one column of one row."""
        return self._seal(text.encode("utf-8"), table, row_id, column)

    def open(self, sealed: bytes, *, table: str, row_id: str, column: str) -> str:
        """Decrypt what `seal` made for the same column of the same row; else Unreadable."""
        return self._open(sealed, table, row_id, column).decode("utf-8")

    def _seal(self, plain: bytes, table: str, row_id: str, column: str) -> bytes:
        key = self._current
        header = _header(key.key_id)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        identity = _identity(header, table, row_id, column)
        return header + nonce + AESGCM(key.seal).encrypt(nonce, plain, identity)

    def _open(self, sealed: bytes, table: str, row_id: str, column: str) -> bytes:
        sealed = bytes(sealed)  # psycopg2 hands a memoryview
        if len(sealed) < 2 or sealed[0] != _FORMAT:
            raise Unreadable("a sealed field has an unknown format")
        after_id = 2 + sealed[1]
        header, rest = sealed[:after_id], sealed[after_id:]
        try:
            key = self._keys[header[2:].decode("ascii")]
        except (KeyError, UnicodeDecodeError):
            raise Unreadable("the key of a sealed field is not among DATA_KEYS") from None
        return _decrypted(AESGCM(key.seal), rest, _identity(header, table, row_id, column))

    def index(self, purpose: str, *values: str) -> BlindIndex:
        """Hash normalised `values` with the current key.

        `purpose` (such as "contact.email") keeps indexes of different columns from being compared.
        """
        return _index(self._current, purpose, values)

    def indexes(self, purpose: str, *values: str) -> tuple[BlindIndex, ...]:
        """The same under every configured key: a row made before a rotation is found as well."""
        return tuple(_index(key, purpose, values) for key in self._keys.values())


def _header(key_id: str) -> bytes:
    return bytes([_FORMAT, len(key_id)]) + key_id.encode("ascii")


def _parse_one(part: str) -> tuple[str, bytes]:
    key_id, colon, encoded = part.partition(":")
    if not colon:
        raise ValueError(f"{_HOW}; a part has no ':'")
    try:
        # Both alphabets: keys are often made with `token_urlsafe` or `openssl rand -base64`.
        return key_id, base64.b64decode(encoded.translate(_URL_SAFE), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{_HOW}; a key is not base64") from None


def _decrypted(cipher: AESGCM, rest: bytes, identity: bytes) -> bytes:
    nonce, body = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
    try:
        return cipher.decrypt(nonce, body, identity)
    except (InvalidTag, ValueError):
        raise Unreadable("a sealed field is damaged or belongs to another row") from None


def _derive(secret: bytes, label: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=label).derive(secret)


def _index(key: _Key, purpose: str, values: tuple[str, ...]) -> BlindIndex:
    message = _join(part.encode("utf-8") for part in (purpose, *values))
    return BlindIndex(key.key_id, hmac.new(key.index, message, "sha256").hexdigest())


def _identity(header: bytes, table: str, row_id: str, column: str) -> bytes:
    return _join([header, *(part.encode("utf-8") for part in (table, row_id, column))])


def _join(parts: Iterable[bytes]) -> bytes:
    # Each part carries its length, so that ("ab", "c") and ("a", "bc") stay different.
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
