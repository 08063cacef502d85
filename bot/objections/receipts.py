"""The receipt of an objection: what it says, its signature, and how to check one.

The file that a person gets is one JSON object:

    {"key": "<key id>", "receipt": {…}, "signature": "<base64 of 64 bytes>"}

The signature is over the canonical form of `receipt` (see `signing`). The page that is printed or
kept as PDF is made from that object alone, and carries the file inside.

A receipt stands by itself for years. So its sentences are in it, not only facts from which today's
program makes sentences. It has the person's name and accounts, for it is theirs, and neither their
reason nor their e-mail address, for it may be shown around.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any

from bot import patterns
from bot.objections.accounts import Account
from bot.objections.notice import Notice
from bot.objections.signing import NotSignable, PublicKey, Signer, canonical

__all__ = ["Facts", "Issuer", "NotGenuine", "Receipt", "issue", "verify"]

FORMAT = "objection-bot receipt 1"
# Bytes; a receipt has a few thousand, and its PDF with the fonts some ten thousand.
SIZE_MAX = 2_000_000
_FILE_KEYS = {"key", "receipt", "signature"}
# An uncompressed file inside a PDF. A line break stands in no JSON text, so none can end it early.
_ATTACHED = patterns.compile(r"\bstream\r?\n(\{[^\0]*?\})\s*\r?\nendstream\b")


class NotGenuine(Exception):
    """What was shown is not a receipt of ours as it was made.

    `code` is `unreadable`, `unknown_key` or `changed`; `sentence` says it to a person.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True)
class Issuer:
    """Who runs this service, and the key it signs with.

    `role` is `demo`, `controller` or `helper`; `operator`, `contact` and `form_url` may be empty.
    """

    signer: Signer
    role: str
    operator: str
    controller: str
    contact: str = ""
    form_url: str = ""

    @property
    def answers(self) -> bool:
        """Whether who runs the service answers objections, so that a day for it can be named."""
        return self.role == "controller"

    def statement(self) -> dict[str, str]:
        """Who gives the receipt and where the objection went; people often object to the wrong
        party.

        Raises KeyError for a role that has no words here: better none than wrong ones.
        """
        operator, controller = self.operator, self.controller
        form = f": {self.form_url}" if self.form_url else "."
        who, where = {
            "demo": (
                f"This receipt comes from a demo{f' run by {operator}' if operator else ''}. "
                f"It is not run by {controller}.",
                f"The objection is kept on this service only. Nothing was sent to {controller}, "
                f"so {controller} does not know of it. "
                f"To object to {controller}, use its own form{form}",
            ),
            "controller": (
                f"This receipt comes from {operator or controller}.",
                f"It is an objection to {controller}, and {controller} has it.",
            ),
            "helper": (
                f"This receipt comes from {operator or 'a help service'}, which is not "
                f"{controller}.",
                f"The objection is sent to {controller} as a letter in your name. It binds once "
                f"{controller} has registered and handled it. You can also use {controller}'s "
                f"own form{form}",
            ),
        }[self.role]
        return {"role": self.role, "controller": controller, "who": who, "where": where}


@dataclass(frozen=True)
class Facts:
    """What is different from one receipt to the next. `accounts` has the named one first."""

    reference: str
    received_at: datetime
    full_name: str = field(repr=False)
    accounts: tuple[Account, ...] = field(repr=False)
    reason_given: bool
    notice: Notice
    answer_by: date | None = None


@dataclass(frozen=True)
class Receipt:
    """A receipt and its signature, as they are on record."""

    content: dict[str, Any] = field(repr=False)
    key_id: str
    signature: str

    def file(self) -> bytes:
        """The file for the person: indented JSON in UTF-8, the same bytes each time."""
        parts = {"key": self.key_id, "receipt": self.content, "signature": self.signature}
        return (json.dumps(parts, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def issue(facts: Facts, issuer: Issuer) -> Receipt:
    """Write and sign a receipt."""
    content = _content(facts, issuer)
    signature = issuer.signer.sign(canonical(content))
    return Receipt(content, issuer.signer.public.id, signature)


def verify(data: bytes, keys: Iterable[PublicKey]) -> Receipt:
    """Check a receipt's file, or the PDF that carries it. Reads nothing but its arguments.

    Of a PDF this checks the file inside. What is printed on its page could say something else: it
    is the returned content that is genuine.

    Raises NotGenuine.
    """
    receipt = _read(_attached(data) if data.startswith(b"%PDF-") else data)
    signed = _canonical(receipt.content)
    key = next((key for key in keys if key.id == receipt.key_id), None)
    if key is None:
        raise NotGenuine(
            "unknown_key", "This receipt was signed with a key that is not among those given."
        )
    if not key.verifies(signed, receipt.signature):
        raise NotGenuine("changed", "This receipt is not as it was signed: something was changed.")
    if receipt.content.get("format") != FORMAT:
        # The key signs nothing else so far; whatever it will sign must not pass as a receipt.
        raise _unreadable("This is signed, but it is not a receipt that this version knows.")
    return receipt


def _content(facts: Facts, issuer: Issuer) -> dict[str, Any]:
    contact = (
        f"If you no longer have that chat, write to {issuer.contact}"
        if issuer.contact
        else "It can be taken back nowhere else: no other contact has been set up."
    )
    moment = facts.received_at.astimezone(timezone.utc)
    content: dict[str, Any] = {
        "format": FORMAT,
        "reference": facts.reference,
        "received_at": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "service": issuer.statement(),
        "person": {"full_name": facts.full_name},
        "objection": (
            "This person objects to the use of their public information for developing AI."
        ),
        "accounts": [
            {
                "platform": account.platform,
                "handle": account.handle,
                "basis": "center" if position else "named",
            }
            for position, account in enumerate(facts.accounts)
        ],
        "reason": (
            "A reason was given. It is kept with the objection and not repeated here."
            if facts.reason_given
            else "No reason was given. None is needed."
        ),
        "does": [
            "The notice says that an objection covers every account in the same Accounts Center "
            "as the account it was filed from.",
            "It also says that an objection binds once it has been registered and handled, not "
            "when it is sent. From then on, public information is not used to develop generative "
            "AI in the platform's features.",
        ],
        "does_not": [
            "Information about you in content that other people share publicly may still be used.",
            "Accounts outside this Accounts Center are not covered. Each needs an objection of "
            "its own.",
            "The content of private messages is not used to train AI anyway.",
        ],
        "withdrawal": (
            "You can take this objection back at any time, without a reason. Write \"I want to "
            "take my objection back\" in the chat in which you filed it. " + contact
        ),
        "notice": {
            "title": facts.notice.title,
            "version": facts.notice.version,
            "language": facts.notice.language,
            "sha256": facts.notice.sha256,
        },
    }
    if facts.answer_by is not None:
        content["answer_by"] = facts.answer_by.isoformat()
    return content


def _attached(data: bytes) -> bytes:
    found = [match[1] for match in _ATTACHED.finditer(data[:SIZE_MAX].decode("latin-1"))]
    if len(found) != 1:
        raise _unreadable(
            "This PDF does not carry exactly one receipt. "
            "If it was printed or saved anew, use the first one or the JSON file."
        )
    return found[0].encode("latin-1")


def _read(data: bytes) -> Receipt:
    try:
        if len(data) > SIZE_MAX:
            raise ValueError
        # An editor may have put a byte order mark in front.
        parts = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_no_key_twice)
        content, key_id, signature = parts["receipt"], parts["key"], parts["signature"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _unreadable("This file is not a receipt, or it is damaged.") from None
    texts = isinstance(key_id, str) and isinstance(signature, str)
    if set(parts) != _FILE_KEYS or not texts or not isinstance(content, dict):
        # What is beside the signed part would be believed without being signed.
        raise _unreadable("This file is not a receipt, or something was added to it.")
    return Receipt(content, key_id, signature)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Readers differ on which of two equal keys counts: one is checked, and another is shown.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _canonical(content: dict[str, Any]) -> bytes:
    try:
        return canonical(content)
    except NotSignable:
        raise _unreadable("This file holds what no receipt of ours holds.") from None


def _unreadable(sentence: str) -> NotGenuine:
    return NotGenuine("unreadable", sentence)
