"""Signatures over JSON: a canonical form, and Ed25519 keys (RFC 8032).

Whoever has the public key can check offline that nothing in a signed object was changed. Spaces,
line ends and the order of keys are not part of what is signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

__all__ = [
    "NotSignable",
    "PublicKey",
    "Signer",
    "canonical",
    "former_keys",
    "published",
    "read_published",
]

_KEY_BYTES = 32
# Beyond this, JavaScript and many JSON readers round: RFC 7493, section 2.2.
_INTEGER_MAX = 2**53 - 1


class NotSignable(ValueError):
    """A value has no canonical form here: a float, null, true, a lone surrogate, …"""


def canonical(value: Any) -> bytes:
    """The one way to write `value` down: RFC 8785 for strings, integers, lists and objects.

    Keys are sorted by their UTF-16 code units, nothing stands between the parts, and the text is
    UTF-8. Other types are left out on purpose: how to write a float is what people disagree about.

    Raises NotSignable.
    """
    try:
        return _written(value).encode("utf-8")
    except (UnicodeEncodeError, RecursionError):
        raise NotSignable("a lone surrogate, or too deep") from None


def _written(value: Any) -> str:
    if isinstance(value, str):
        # Python escapes exactly what RFC 8785 does: quote, backslash and control characters.
        return json.dumps(value, ensure_ascii=False)
    if type(value) is int and abs(value) <= _INTEGER_MAX:
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_written(key)}:{_written(value[key])}" for key in keys) + "}"
    raise NotSignable(type(value).__name__)


@dataclass(frozen=True)
class PublicKey:
    """What others check signatures with; `raw` is 32 bytes."""

    raw: bytes

    @property
    def id(self) -> str:
        """16 hex digits: the beginning of the key's SHA-256."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    def as_dict(self) -> dict[str, str]:
        """The key as it is published."""
        public = base64.b64encode(self.raw).decode("ascii")
        return {"id": self.id, "algorithm": "Ed25519", "public": public}

    def verifies(self, content: bytes, signature: str) -> bool:
        """Whether `signature`, base64 in its one usual spelling, was made over `content`."""
        try:
            made = base64.b64decode(signature, validate=True)
            if base64.b64encode(made).decode("ascii") != signature:
                return False
            Ed25519PublicKey.from_public_bytes(self.raw).verify(made, content)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


class Signer:
    """The private key of this installation."""

    def __init__(self, seed: bytes) -> None:
        """Take the 32 bytes of an Ed25519 seed. Raises ValueError, naming SIGNING_KEY."""
        if len(seed) != _KEY_BYTES:
            raise ValueError(f"SIGNING_KEY is {len(seed)} bytes long, not {_KEY_BYTES}")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(self._key.public_key().public_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> Signer:
        """Read the setting SIGNING_KEY, base64 in either alphabet."""
        try:
            seed = _decoded(text)
        except ValueError:
            raise ValueError("SIGNING_KEY must be the base64 of 32 bytes") from None
        return cls(seed)

    def __repr__(self) -> str:
        return f"Signer({self.public.id})"

    def sign(self, content: bytes) -> str:
        """The signature over `content`, as base64; the same content gives the same one."""
        return base64.b64encode(self._key.sign(content)).decode("ascii")


def former_keys(text: str) -> tuple[PublicKey, ...]:
    """Read the setting FORMER_SIGNING_KEYS: `<id>:<base64 of a public key>`, with commas between.

    The id shows that it is the public key: the secret one, of the same length, has another, and
    would be published.

    Raises ValueError, naming the setting and repeating nothing of it.
    """
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, public = part.partition(":")
        try:
            key = PublicKey(_decoded(public))
        except ValueError:
            key = None
        if key is None or len(key.raw) != _KEY_BYTES or key.id != name.strip():
            raise ValueError(
                "FORMER_SIGNING_KEYS must list public keys as '<id>:<public>', both as "
                "'objection-bot receipt key' printed them, with commas between them."
            )
        found.append(key)
    return tuple(found)


def published(keys: Iterable[PublicKey]) -> dict[str, Any]:
    """Public keys as a JSON object, as `/receipt-key.json` has it."""
    return {"keys": [key.as_dict() for key in keys]}


def read_published(text: str) -> tuple[PublicKey, ...]:
    """Public keys from the object that `published` makes, or one key as plain base64.

    Raises ValueError with a sentence for whoever gave the text.
    """
    text = text.strip()
    try:
        if not text.startswith("{"):
            found = [{"public": text}]
        else:
            found = [key for key in json.loads(text)["keys"] if key["algorithm"] == "Ed25519"]
        keys = tuple(PublicKey(_decoded(key["public"])) for key in found)
        agree = all(key.id == one.get("id", key.id) for key, one in zip(keys, found, strict=True))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("That is no key: it is neither base64 nor a list of keys.") from None
    if not keys or not agree or any(len(key.raw) != _KEY_BYTES for key in keys):
        raise ValueError("That is no key: a key has 32 bytes, and its id is made from them.")
    return keys


def _decoded(text: str) -> bytes:
    return base64.b64decode(text.strip().translate(str.maketrans("-_", "+/")), validate=True)
