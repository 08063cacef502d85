"""The mails of an objection's life: their words, and what each is written from.

A mail is written when it is sent, from a row of the outbox and the record as it is then. An
address that was not confirmed may be anybody's. It gets numbers and codes, and what an operator has
to tell; never a name, an account or a reason.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from bot import patterns
from bot.objections import codes, model
from bot.objections.accounts import Account
from bot.objections.crypto import Keys, Sealer
from bot.objections.moments import in_words
from bot.objections.outbox import Waiting
from bot.objections.receipts import Issuer, Receipt

__all__ = ["Letters", "Mail", "composed"]

_GROUNDS = {
    "compelling_grounds": "There are compelling legitimate grounds for going on, which override "
    "your interests, rights and freedoms (GDPR Art. 21(1)).",
    "legal_claims": "The information is needed for establishing, exercising or defending legal "
    "claims (GDPR Art. 21(1)).",
}
_ROUTES = (
    "You do not have to accept this. You can complain to a data protection authority: the one "
    "where you live, where you work, or where you think the law was broken. The EU's are listed at "
    "https://www.edpb.europa.eu/about-edpb/about-edpb/members_en. You can also go to court. Both "
    "are open to you whatever you have been told here."
)
_WHOLE = patterns.compile(r"\bOBJ(?:-[0-9A-Z]{4}){4}-[0-9A-Z]\b|(?<=Your code is )\d{3} \d{3}\b")


@dataclass(frozen=True)
class Mail:
    """A mail before it is put into its form. `paragraphs` are plain text, one a paragraph."""

    to: str = field(repr=False)
    subject: str
    paragraphs: tuple[str, ...] = field(repr=False)
    reply_to: str | None = field(default=None, repr=False)
    # (file name, type, content)
    files: tuple[tuple[str, str, bytes], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class _Case:
    """What a mail is written from: the row of the outbox, and the person and objection that it
    names, opened with the key of the person."""

    session: Connection
    waiting: Waiting
    at: datetime
    row: Any
    sealer: Sealer
    email: str
    objection: Any

    def opened(self, sealed: bytes | None, table: str, row_id: str, column: str) -> str:
        if sealed is None:
            return ""
        return self.sealer.open(sealed, table=table, row_id=row_id, column=column)


class Letters:
    """Writes the mails."""

    def __init__(self, keys: Keys, issuer: Issuer) -> None:
        self._keys = keys
        self._issuer = issuer

    def write(self, session: Connection, waiting: Waiting, at: datetime) -> Mail | None:
        """The mail of this row; None when there is nobody to send it to, or no reason any more.

        Raises Unreadable when a field cannot be opened.
        """
        case = self._case(session, waiting, at)
        if case is None:
            return None
        mail: Mail | None = getattr(self, f"_{waiting.kind}")(case)
        return mail

    def _case(self, session: Connection, waiting: Waiting, at: datetime) -> _Case | None:
        if waiting.contact_id is None:
            return None
        table = model.contact
        row = session.execute(
            select(table).where(table.c.id == waiting.contact_id)
        ).one_or_none()
        if row is None:
            return None
        objection = session.execute(
            select(model.objection).where(model.objection.c.id == waiting.objection_id)
        ).one_or_none()
        sealer = self._keys.subject(row.wrapped_key, row.id)
        email = sealer.open(row.email, table="contact", row_id=row.id, column="email")
        return _Case(session, waiting, at, row, sealer, email, objection)

    # --- to an address that may not be confirmed

    def _code(self, case: _Case) -> Mail | None:
        verification_id = case.waiting.verification_id
        assert verification_id is not None
        code = codes.renew(case.session, self._keys, verification_id, case.at)
        if code is None:
            return None
        table = model.verification
        wanted = case.session.execute(
            select(table).where(table.c.id == verification_id)
        ).one()
        minutes = int(codes.LIFETIME.total_seconds() // 60)
        shown = f"{code[:3]} {code[3:]}"
        number = case.objection.reference if case.objection is not None else ""
        good_for = f"It is good for {minutes} minutes. Type it into the chat."
        if wanted.purpose == "change":
            to = case.opened(wanted.new_email, "verification", wanted.id, "new_email")
            why = "Somebody wants to use this e-mail address for an objection."
            otherwise = "If that was not you, do nothing: the address is then not used."
        elif wanted.purpose == "access":
            to = case.email
            why = f"Somebody asked in the chat about the objection {number}."
            otherwise = (
                "If that was not you, do nothing. Without the code nobody is told anything."
            )
        else:
            to = case.email
            why = (
                f"An objection was filed with this e-mail address. Its number is {number}. "
                "Please keep the number."
            )
            otherwise = (
                "The objection is on record without the code too. Once you have typed it, the "
                "receipt comes by e-mail. If you filed nothing, do nothing: somebody may have "
                "typed your address by mistake."
            )
        return Mail(
            to, f"Your code: {shown}", (why, f"Your code is {shown}", good_for, otherwise)
        )

    def _withdrawn(self, case: _Case) -> Mail | None:
        number = case.objection.reference
        return Mail(
            case.email,
            f"Objection {number} was taken back",
            (
                f"The objection {number} was taken back. It covers no account any more.",
                "You can object again at any time, in the same chat.",
            ),
        )

    def _extended(self, case: _Case) -> Mail | None:
        decision = _decision(case)
        number = case.objection.reference
        return Mail(
            case.email,
            f"The answer to objection {number} takes longer",
            (
                f"We cannot answer your objection {number} within a month. You will get an answer "
                f"by {in_words(decision.due_after)} at the latest.",
                "The reason: " + case.opened(decision.text, "decision", decision.id, "text"),
                "Until then the accounts in your objection are not used.",
                "If you do not agree, you can complain to a data protection authority or go to "
                "court.",
            ),
        )

    def _upheld(self, case: _Case) -> Mail | None:
        number = case.objection.reference
        return Mail(
            case.email,
            f"Your objection {number} was upheld",
            (
                f"Your objection {number} was upheld: the accounts in it are left out.",
                "The notice says that an objection counts once it has been handled. "
                "Information about you in what other people share may still be used.",
                "You have nothing more to do.",
            ),
        )

    def _refused(self, case: _Case) -> Mail | None:
        decision = _decision(case)
        number = case.objection.reference
        return Mail(
            case.email,
            f"Your objection {number} was refused",
            (
                f"Your objection {number} was refused.",
                "The ground: " + _GROUNDS[decision.ground],
                case.opened(decision.text, "decision", decision.id, "text"),
                _ROUTES,
                "You can also ask for another look: write in the chat, or answer to "
                f"{self._issuer.contact}." if self._issuer.contact else
                "You can also ask for another look: write in the chat.",
            ),
        )

    def _not_matched(self, case: _Case) -> Mail | None:
        number = case.objection.reference
        return Mail(
            case.email,
            f"No account was found for objection {number}",
            (
                f"We could not find an account for your objection {number}.",
                "Please look at your receipt. If a username is not right, file again in the chat "
                "with the right one.",
                _ROUTES,
            ),
        )

    def _reopened(self, case: _Case) -> Mail | None:
        number = case.objection.reference
        return Mail(
            case.email,
            f"Your objection {number} is looked at again",
            (
                f"Your objection {number} is looked at again. "
                "Until there is an answer, the accounts in it are not used.",
            ),
        )

    def _address_changed(self, case: _Case) -> Mail | None:
        """To the address that was the person's before, whoever reads it now: no name in it."""
        table = model.verification
        row = case.session.execute(
            select(table).where(table.c.id == case.waiting.verification_id)
        ).one_or_none()
        if row is None:
            return None
        contact = self._issuer.contact
        return Mail(
            case.opened(row.new_email, "verification", row.id, "new_email"),
            "Your e-mail address was changed",
            (
                f"Another e-mail address is now the one for the objection "
                f"{case.objection.reference}. Answers will go there, and not here any more.",
                "If that was not you, "
                + (f"write to {contact}." if contact else "tell whoever runs the service."),
            ),
        )

    # --- to an address that was confirmed

    def _receipt(self, case: _Case) -> Mail | None:
        if case.objection.verified_at is None:
            return None
        receipt = self._signed(case)
        if receipt is None:
            return None
        # Here, because its fonts and drawing are needed by nobody who only chats.
        from bot.objections.receipt_pdf import page

        number = case.objection.reference
        return Mail(
            case.email,
            f"Your receipt for objection {number}",
            (
                f"Your e-mail address is confirmed. The receipt of your objection {number} is "
                "attached: as a page to keep, and as a file that a program can check.",
                f"It was received on {in_words(case.objection.received_at.date())}.",
                self._issuer.statement()["where"],
                receipt.content["withdrawal"],
            ),
            files=(
                (f"{number}.pdf", "application/pdf", page(receipt)),
                (f"{number}.json", "application/json", receipt.file()),
            ),
        )

    # --- from a helper to the platform

    def _letter(self, case: _Case) -> Mail | None:
        withdrawn = case.session.execute(
            select(model.withdrawal.c.withdrawn_at).where(
                model.withdrawal.c.objection_id == case.objection.id
            )
        ).scalar_one_or_none()
        if withdrawn is None:
            return self._objecting(case, self._issuer.contact)
        put_at = case.session.execute(
            select(model.outbox.c.created_at).where(model.outbox.c.id == case.waiting.id)
        ).scalar_one()
        if put_at < withdrawn:
            return None  # taken back before the letter went out
        number = case.objection.reference
        return Mail(
            self._issuer.contact,
            f"Objection {number} is withdrawn",
            (
                "To whom it may concern,",
                f"the objection with our number {number} of "
                f"{in_words(case.objection.received_at.date())} was withdrawn by the person on "
                f"{in_words(withdrawn.date())}.",
                "If it has not reached you, there is nothing to be done.",
            ),
            reply_to=case.email,
        )

    def _letter_copy(self, case: _Case) -> Mail | None:
        if case.objection.verified_at is None:
            return None
        letter = self._objecting(case, case.email)
        if letter is None:
            return None
        first = (
            f"This is a copy of the letter that was sent to {self._issuer.controller} for you. "
            "It is an objection, and it binds once they have registered and handled it."
        )
        return Mail(
            case.email,
            f"Copy: {letter.subject}",
            (first, *letter.paragraphs),
            files=letter.files,
        )

    def _objecting(self, case: _Case, to: str) -> Mail | None:
        receipt = self._signed(case)
        if receipt is None:
            return None
        name = case.opened(case.row.full_name, "contact", case.row.id, "full_name")
        objection = case.objection
        reason = case.opened(objection.reason, "objection", objection.id, "reason")
        accounts = "\n".join(
            "- " + Account(one["platform"], one["handle"]).label
            for one in receipt.content["accounts"]
        )
        notice = receipt.content["notice"]
        sender = self._issuer.operator or "an independent help service"
        return Mail(
            to,
            f"Objection under Art. 21 GDPR, our number {objection.reference}",
            (
                f"To {self._issuer.controller}, the controller,",
                f"{name} objects under Art. 21(1) GDPR to the use of their public information for "
                f"developing and improving AI, which you announced in the notice "
                f"\"{notice['title']}\" (version {notice['version']}). The objection was received "
                f"on {in_words(objection.received_at.date())} by {sender} and is passed on to you "
                "at the person's wish.",
                f"It covers these accounts, and every account in the same Accounts Center:\n"
                f"{accounts}",
                f"The reason given: {reason}" if reason else "No reason was given. None is needed.",
                f"Please answer the person within one month (Art. 12(3)) at {case.email}, and "
                "restrict the processing until then (Art. 18(1)(d)).",
                f"The signed record of the objection is attached. Our number: "
                f"{objection.reference}",
            ),
            reply_to=case.email,
            files=((f"{objection.reference}.json", "application/json", receipt.file()),),
        )

    def _signed(self, case: _Case) -> Receipt | None:
        table = model.receipt
        row = case.session.execute(
            select(table).where(table.c.objection_id == case.objection.id)
        ).one_or_none()
        if row is None or row.content is None:
            return None
        content = case.opened(row.content, "receipt", row.id, "content")
        return Receipt(json.loads(content), row.key_id, row.signature)


def composed(mail: Mail, sender: str, name: str, at: datetime) -> EmailMessage:
    """The mail in its form: text and HTML, and the files. `name` is the same for the same mail."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("", addr_spec=sender)
    message["To"] = Address("", addr_spec=mail.to)
    # One line, whatever was in it: a line break would begin another header.
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(at.astimezone(timezone.utc))
    message["Message-ID"] = f"<{name}@{sender.rpartition('@')[2]}>"
    # So that no machine answers to it. Source: RFC 3834.
    message["Auto-Submitted"] = "auto-generated"
    if mail.reply_to is not None:
        message["Reply-To"] = Address("", addr_spec=mail.reply_to)
    message.set_content("\n\n".join(mail.paragraphs) + "\n", cte="quoted-printable")
    message.add_alternative(_page(mail), subtype="html", cte="quoted-printable")
    for name, kind, content in mail.files:
        main, _, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message


def _page(mail: Mail) -> str:
    # No colours of its own, so that dark stays dark; nothing is loaded from anywhere.
    paragraphs = "\n".join(
        f"<p style=\"margin:0 0 1em\">{_WHOLE.sub(_unbroken, html.escape(paragraph))}</p>".replace(
            "\n", "<br>\n"
        )
        for paragraph in mail.paragraphs
    )
    return (
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"color-scheme\" content=\"light dark\">"
        f"<title>{html.escape(mail.subject)}</title></head>\n"
        "<body style=\"margin:0;padding:1.5em;font:16px/1.5 sans-serif\">\n"
        f"<div style=\"max-width:36em\">\n{paragraphs}\n</div></body></html>\n"
    )


def _unbroken(found: patterns.Match) -> str:
    """A number or a code, in bold and on one line, so that it can be read and copied."""
    return f"<strong style=\"white-space:nowrap\">{found[0]}</strong>"


def _decision(case: _Case) -> Any:
    table = model.decision
    return case.session.execute(
        select(table).where(table.c.id == case.waiting.decision_id)
    ).one()
