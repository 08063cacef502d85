"""The mails of an objection's life: their words, and what each is written from.

A mail is written when it is sent, from a row of the outbox and the record as it is then. An
address that was not confirmed may be anybody's. It gets numbers and codes, and what an operator has
to tell; never a name, an account or a reason.

Each says who sends it, why, and how to reach them. What a state means for the accounts is said in
the words of `state_sentences`, for the state that the case is in when the mail is written.
"""

from __future__ import annotations

import html
import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
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
from bot.objections.mailbox import Unmailable, mailable
from bot.objections.moments import in_words
from bot.objections.outbox import Waiting
from bot.objections.receipts import Issuer, Receipt
from bot.objections.state_sentences import SENTENCES

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
    """A mail before it is put into its form. `paragraphs` are plain text, one a paragraph;
    `from_name` is shown as its sender, and before its subject."""

    to: str = field(repr=False)
    subject: str
    paragraphs: tuple[str, ...] = field(repr=False)
    reply_to: str | None = field(default=None, repr=False)
    # (file name, type, content)
    files: tuple[tuple[str, str, bytes], ...] = field(default=(), repr=False)
    from_name: str = ""


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
        if mail is None:
            return None
        # The letter to the platform speaks for the person and says by itself who passes it on.
        closing = () if waiting.kind == "letter" else self._closing()
        return replace(
            mail, paragraphs=(*mail.paragraphs, *closing), from_name=self._issuer.name
        )

    def _closing(self) -> tuple[str, ...]:
        """Who sends a mail to a person, and how to reach them."""
        issuer = self._issuer
        about = {
            "demo": f"It is not run by {issuer.controller}, and nothing is sent to "
            f"{issuer.controller}.",
            "controller": f"It takes objections to {issuer.controller}.",
            "helper": f"It is not run by {issuer.controller}; it passes objections on to "
            f"{issuer.controller}.",
        }[issuer.role]
        reach = (
            f"To reach whoever runs it, write to {issuer.own_contact}"
            if issuer.own_contact
            else "No address for questions has been set up; the chat is the place to ask."
        )
        return (f"This mail comes from {issuer.chat}. {about} {reach}",)

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
        about = f"{self._issuer.controller}'s notice on AI and public posts"
        good_for = (
            f"Type it into the chat in which you were asked for it. It is good for {minutes} "
            "minutes. Nobody else needs it: give it to nobody by phone or mail."
        )
        if wanted.purpose == "change":
            to = case.opened(wanted.new_email, "verification", wanted.id, "new_email")
            why = (
                f"Somebody, probably you, wants to use this e-mail address for an objection in "
                f"{self._issuer.chat}. It concerns {about}."
            )
            otherwise = (
                "If that was not you, do nothing: without the code the address is not used."
            )
        elif wanted.purpose == "access":
            to = case.email
            why = (
                f"Somebody, probably you, asked in the chat about the objection {number}, which "
                f"was filed with this e-mail address in {self._issuer.chat}."
            )
            otherwise = (
                "If that was not you, do nothing. Without the code nobody is told anything."
            )
        else:
            to = case.email
            why = (
                f"Somebody, probably you, filed an objection with this e-mail address in "
                f"{self._issuer.chat}. It concerns {about}. Its number is {number}. "
                "Please keep the number."
            )
            otherwise = (
                "The objection is on record without the code too. Once you have typed it, the "
                "receipt comes by e-mail. If you filed nothing, do nothing: somebody may have "
                "typed your address by mistake."
            )
        return Mail(
            to,
            f"Your code is {shown}",
            (why, f"Your code is {shown}", good_for, otherwise),
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
                _accounts(case),
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
                f"Your objection {number} was upheld.",
                _accounts(case),
                "The notice says that information about you in what other people share may still "
                "be used.",
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
                _accounts(case),
                _ROUTES,
                *self._another_look(number),
            ),
        )

    def _another_look(self, number: str) -> tuple[str, ...]:
        # The chat takes no appeals, so without an address there is nowhere to send people.
        if not self._issuer.own_contact:
            return ()
        return (
            f"You can also ask us to look again. Give the number {number}, and write to "
            f"{self._issuer.own_contact}",
        )

    def _not_matched(self, case: _Case) -> Mail | None:
        number = case.objection.reference
        return Mail(
            case.email,
            f"No account was found for objection {number}",
            (
                f"We could not find an account for your objection {number}.",
                _where_the_receipt_is(case)
                + " If a username in it is not right, file again in the chat with the right one.",
                _accounts(case),
                _ROUTES,
                *self._another_look(number),
            ),
        )

    def _reopened(self, case: _Case) -> Mail | None:
        number = case.objection.reference
        return Mail(
            case.email,
            f"Your objection {number} is looked at again",
            (
                f"Your objection {number} is looked at again. {_accounts(case)}",
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
        contact = self._issuer.own_contact
        return Mail(
            case.opened(row.new_email, "verification", row.id, "new_email"),
            "Your e-mail address was changed",
            (
                f"Another e-mail address is now the one for the objection "
                f"{case.objection.reference}. Answers will go there, and not here any more.",
                "If that was not you, "
                + (f"write to {contact}" if contact else "tell whoever runs the chat."),
            ),
        )

    # --- to an address that was confirmed

    def _withdrawn(self, case: _Case) -> Mail | None:
        if case.objection.verified_at is None:
            return None
        number = case.objection.reference
        return Mail(
            case.email,
            f"Objection {number} was taken back",
            (
                f"The objection {number} was taken back. It covers no account any more.",
                "You can object again at any time, in the same chat.",
            ),
        )

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
                *self._earlier(case),
            ),
            files=(
                (f"{number}.pdf", "application/pdf", page(receipt)),
                (f"{number}.json", "application/json", receipt.file()),
            ),
        )

    def _earlier(self, case: _Case) -> tuple[str, ...]:
        """What the same address confirmed before for the same accounts. Here and nowhere else: a
        code that was guessed tells nobody of it."""
        relation, objection, contact = model.relation.c, model.objection.c, model.contact.c
        hashes = [one.digest for one in self._keys.indexes("contact.email", case.email)]
        found = case.session.execute(
            select(objection.reference, objection.received_at)
            .join(model.relation, relation.earlier_id == objection.id)
            .join(model.contact, contact.id == objection.contact_id)
            .where(
                relation.objection_id == case.objection.id,
                objection.verified_at.is_not(None),
                objection.case_status.in_(("received", "in_review", "upheld", "handled")),
                contact.id != case.row.id,
                contact.email_index.in_(hashes),
            )
            .order_by(objection.received_at)
        ).all()
        return tuple(
            "You had already objected for an account in it on "
            f"{in_words(row.received_at.date())}, with the number {row.reference}. "
            "That objection stands, too."
            for row in found
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
            f"This is a copy of the letter to {self._issuer.controller} in your name. Ask in the "
            "chat for the state of your objection to see when it was sent. It is an objection, and "
            "it binds once they have registered and handled it."
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
                "developing and improving AI, which you have announced. What they were shown of "
                f"your notice is our text \"{notice['title']}\" (version "
                f"{notice['version']}). The objection was received on "
                f"{in_words(objection.received_at.date())} by {sender} and is passed on to you "
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
    """The mail in its form: text and HTML, and the files. `name` is the same for the same mail.

    Raises Unmailable when no mail can be sent to its address.
    """
    message = EmailMessage(policy=SMTP)
    # One line, whatever was in it: a line break would begin another header.
    from_name = " ".join(mail.from_name.split())
    message["From"] = Address(from_name, addr_spec=mailable(sender))
    message["To"] = Address("", addr_spec=mailable(mail.to))
    subject = " ".join(mail.subject.split())
    message["Subject"] = f"{from_name}: {subject}" if from_name else subject
    message["Date"] = format_datetime(at.astimezone(timezone.utc))
    message["Message-ID"] = f"<{name}@{sender.rpartition('@')[2]}>"
    # So that no machine answers to it. Source: RFC 3834.
    message["Auto-Submitted"] = "auto-generated"
    if mail.reply_to is not None:
        # Where to answer stands in the letter, too: nothing that a person typed may stop it.
        with suppress(Unmailable):
            message["Reply-To"] = Address("", addr_spec=mailable(mail.reply_to))
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


def _accounts(case: _Case) -> str:
    """What the state of the case means for its accounts."""
    return SENTENCES[case.objection.case_status].accounts


def _where_the_receipt_is(case: _Case) -> str:
    if case.objection.verified_at is not None:
        return "Please look at the receipt that came by e-mail."
    return (
        "Please look at your receipt. None came by e-mail, because this address was not confirmed. "
        "It is in the chat in which the objection was filed. If you no longer have that chat, ask "
        "in a new one for the state of the objection and type the code that comes here: then the "
        "receipt comes, too."
    )


def _decision(case: _Case) -> Any:
    table = model.decision
    return case.session.execute(
        select(table).where(table.c.id == case.waiting.decision_id)
    ).one()
