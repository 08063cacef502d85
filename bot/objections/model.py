"""The tables of the record.

Personal text (names, e-mail addresses, handles, reasons) is stored sealed, as `crypto.Keys.seal`
makes it, and is found again by a keyed hash beside it. Row ids are made here, before the row is
written, because a sealed field is bound to the id of its row.

What one person told is sealed under a key of their own, which stands in their row of `contact`.
Deleting that row erases the person: nothing that is left of them can be opened.

Lists of states are complete from the start, because SQLite cannot change a CHECK in place.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.types import TypeDecorator

__all__ = [
    "BASES",
    "CASE_STATUSES",
    "DECISIONS",
    "EXCLUSION_STATES",
    "GROUNDS",
    "MAILS",
    "UtcDateTime",
    "account",
    "account_center",
    "audit_event",
    "center_link",
    "contact",
    "decision",
    "metadata",
    "new_id",
    "notice",
    "notice_display",
    "objection",
    "objection_account",
    "outbox",
    "receipt",
    "relation",
    "verification",
    "withdrawal",
]

CASE_STATUSES = (
    "received",
    "in_review",
    "upheld",
    "handled",
    "refused",
    "not_matched",
    "withdrawn",
)
EXCLUSION_STATES = ("none", "hold", "excluded", "released")
BASES = ("named", "center")
KINDS = ("profile", "page", "channel")
SOURCES = ("self-declared", "directory")
# What a code may be for: confirming the address of a filing, coming back from elsewhere, another
# address.
PURPOSES = ("confirm", "access", "change")
DECISIONS = ("upheld", "refused", "not_matched", "extended", "reopened")
# GDPR Art. 21(1), second sentence: nothing else lets a controller go on.
GROUNDS = ("compelling_grounds", "legal_claims")
RELATIONS = ("same_account",)
MAILS = (
    "code",
    "receipt",
    "letter",
    "letter_copy",
    "withdrawn",
    "extended",
    "upheld",
    "refused",
    "not_matched",
    "reopened",
    "address_changed",
)


class UtcDateTime(TypeDecorator):  # type: ignore[type-arg]  # not generic at run time in 1.4
    """A moment, aware and in UTC on both sides; SQLite itself keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(timezone.utc)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=timezone.utc)
        return value.astimezone(timezone.utc)


def new_id() -> str:
    """A fresh row id: 32 hex digits, random."""
    return uuid.uuid4().hex


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


# Every constraint has a name of its own, so that a later migration can address it.
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

notice = Table(
    "notice",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("version", String(32), nullable=False),
    Column("language", String(35), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("version", "language"),
)

# Which text was shown, when, and in which conversation: a keyed hash of its id, which tells nobody
# who it was but lets somebody who has the id show that it was theirs.
notice_display = Table(
    "notice_display",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("notice_id", ForeignKey("notice.id"), nullable=False),
    Column("conversation_index", String(64), nullable=False),
    Column("conversation_key_id", String(32), nullable=False),
    Column("shown_at", UtcDateTime, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("platform", String(32), nullable=False),
    # Null: nobody has said which it is. A name typed in a chat does not tell.
    Column("kind", String(16)),
    Column("handle_index", String(64), nullable=False),
    # The keyed hash alone keeps an objection honoured. The handle itself is in `objection_account`,
    # under the key of each person who named it: what one of them has erased is in no other row.
    Column("handle_key_id", String(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("platform", "handle_index", "handle_key_id"),
    _one_of("kind", KINDS),
)

# An Accounts Center as far as somebody has told us. Each filing gets its own: what a stranger says
# about who is linked to whom must never mix with what the owner says.
account_center = Table(
    "account_center",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
)

center_link = Table(
    "center_link",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_center_id", ForeignKey("account_center.id"), nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("source", String(16), nullable=False),
    Column("linked_from", UtcDateTime, nullable=False),
    Column("linked_to", UtcDateTime),
    _one_of("source", SOURCES),
    # An account may leave and come back, but it is in one center only once at a time.
    Index(
        "uq_center_link_open",
        "account_center_id",
        "account_id",
        unique=True,
        sqlite_where=text("linked_to IS NULL"),
        postgresql_where=text("linked_to IS NULL"),
    ),
)

# The data subject. One row per sitting, never shared: two people may type the same address, and
# only one owns it.
contact = Table(
    "contact",
    metadata,
    Column("id", String(32), primary_key=True),
    # The subject's key, sealed under a configured key. Null in rows from before there was one:
    # their fields are sealed under the configured key itself, until `keys rotate` gives them one.
    Column("wrapped_key", LargeBinary),
    Column("full_name", LargeBinary, nullable=False),
    Column("email", LargeBinary, nullable=False),
    Column("email_index", String(64), nullable=False, index=True),
    Column("email_key_id", String(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

objection = Table(
    "objection",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("reference", String(32), nullable=False, unique=True),
    Column("batch_id", String(32), nullable=False),
    # 0 is the account the person named first; then the unlinked accounts in their order.
    Column("batch_position", Integer, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    # The last day for an answer, by `deadlines.due_on`.
    Column("due_on", Date, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("language", String(35), nullable=False),
    Column("country", String(2)),
    # Sealed. Null means that no reason was given.
    Column("reason", LargeBinary),
    # Three facts that are never mixed: how the case stands, whether the e-mail address was
    # confirmed (when), and, account by account in `objection_account`, what is excluded.
    Column("case_status", String(16), nullable=False),
    Column("verified_at", UtcDateTime),
    # The operator who handles it, and when it was closed: handled, refused, not matched, withdrawn.
    Column("taken_by", String(32)),
    Column("closed_at", UtcDateTime),
    Column("notice_id", ForeignKey("notice.id"), nullable=False),
    Column("notice_display_id", ForeignKey("notice_display.id"), index=True),
    Column("account_center_id", ForeignKey("account_center.id"), nullable=False, index=True),
    # Erasure removes the contact; the objection stays.
    Column("contact_id", ForeignKey("contact.id", ondelete="SET NULL"), index=True),
    Column("idempotency_key", String(200), nullable=False),
    UniqueConstraint("batch_id", "batch_position"),
    # What makes filing twice give the first answer, also when two requests race.
    UniqueConstraint("idempotency_key", "batch_position"),
    # For "which of the open ones is due next", in the order of the operators' list.
    Index("ix_objection_case_status_due_on", "case_status", "due_on", "reference"),
    # For the jobs that look for what was closed long ago.
    Index("ix_objection_closed_at", "closed_at"),
    _one_of("case_status", CASE_STATUSES),
)

# Two standing objections may cover the same account, for an unverified row must never block
# another: a stranger could otherwise lock the owner out. An account is used by nobody while any
# objection holds or excludes it. One of them is the active one, which stands for the account on
# lists: a verified one rather than one that is not, else the one that came first. See `cases.py`.
objection_account = Table(
    "objection_account",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("objection_id", ForeignKey("objection.id"), nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    # Sealed: the handle as this person wrote it. `account.handle` is how the first person did
    # ("ana.silva" and "anasilva" are one account), and showing that would tell that they exist.
    Column("handle", LargeBinary),
    Column("basis", String(16), nullable=False),
    Column("exclusion_state", String(16), nullable=False),
    Column("active", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("objection_id", "account_id"),
    UniqueConstraint("objection_id", "position"),
    Index(
        "uq_objection_account_active",
        "account_id",
        unique=True,
        sqlite_where=text("active"),
        postgresql_where=text("active"),
    ),
    _one_of("basis", BASES),
    _one_of("exclusion_state", EXCLUSION_STATES),
)

# What was done, when and by whom; `bot/objections/audit.py` writes and checks it. Triggers refuse
# UPDATE and DELETE. Every column is stored exactly as it is hashed, the time as text too: whoever
# has a dump of the table can check the chain without this program.
audit_event = Table(
    "audit_event",
    metadata,
    # 1, 2, 3 and so on, without a gap. On SQLite it is the row id, so that nothing but whole
    # numbers fits, and there is no second number by which a row could be replaced.
    Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    # UTC to the microsecond: "2024-11-25T09:30:00.123456Z".
    Column("at", String(27), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    # Not a foreign key: the log must neither hinder an erasure nor change with it. The index is for
    # the history of one case.
    Column("objection_id", String(32), index=True),
    # Canonical JSON. Nothing personal: see `audit.EVENTS` for the keys there are.
    Column("payload", Text, nullable=False),
    # SHA-256, 64 hex digits each: of the event before, and of this one.
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

# Written with its objection, in the same transaction: whoever is told of it can prove it.
receipt = Table(
    "receipt",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("objection_id", ForeignKey("objection.id"), nullable=False, unique=True),
    # Sealed: the canonical JSON that was signed. Null once erased, for it has name and handles.
    Column("content", LargeBinary),
    # Over what is sealed, base64 of 64 bytes. It tells nothing about it.
    Column("signature", String(88), nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# An objection is taken back once. The objection stays on record, and so does that it stood.
withdrawal = Table(
    "withdrawal",
    metadata,
    Column("id", String(32), primary_key=True),
    # What makes withdrawing twice give the first answer, also when two requests race.
    Column("objection_id", ForeignKey("objection.id"), nullable=False, unique=True),
    Column("withdrawn_at", UtcDateTime, nullable=False),
    Column("channel", String(16), nullable=False),
)

# An objection for an account that another one covered already. Never a status: both go their way.
relation = Table(
    "relation",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("objection_id", ForeignKey("objection.id"), nullable=False),
    Column("earlier_id", ForeignKey("objection.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("objection_id", "earlier_id", "kind"),
    _one_of("kind", RELATIONS),
)

# A code that was, or will be, sent to an address. The code itself is made when the mail is, and is
# stored nowhere.
verification = Table(
    "verification",
    metadata,
    Column("id", String(32), primary_key=True),
    # Null: somebody gave a number that nobody has. The row is there so that answering takes the
    # same steps, and no code is ever right for it.
    Column("contact_id", ForeignKey("contact.id", ondelete="CASCADE"), index=True),
    Column("purpose", String(16), nullable=False),
    # Sealed under the subject's key: the address that is to become theirs.
    Column("new_email", LargeBinary),
    Column("requested_at", UtcDateTime, nullable=False),
    # Keyed hashes, for counting: of the conversation, of the client's network address, and of the
    # mailbox. The last is null where no mail was to go out.
    Column("asked_in", String(64)),
    Column("asked_from", String(64)),
    Column("sent_to", String(64)),
    # Keyed hash of the code. Null until it is sent, and so are the times.
    Column("code_index", String(64)),
    Column("sent_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("used_at", UtcDateTime),
    _one_of("purpose", PURPOSES),
    # Each limit looks for the newest of its own.
    Index("ix_verification_asked_in", "asked_in", "requested_at"),
    Index("ix_verification_asked_from", "asked_from", "requested_at"),
    Index("ix_verification_sent_to", "sent_to", "requested_at"),
    Index(
        "ix_verification_mailed",
        "requested_at",
        sqlite_where=text("sent_to IS NOT NULL"),
        postgresql_where=text("sent_to IS NOT NULL"),
    ),
)

# What operators decided. A refusal counts once a second operator has confirmed it.
decision = Table(
    "decision",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("objection_id", ForeignKey("objection.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("ground", String(32)),
    # Sealed under the subject's key: the words that the person gets.
    Column("text", LargeBinary),
    # Of an extension: the last day for an answer before it and after it.
    Column("due_before", Date),
    Column("due_after", Date),
    Column("decided_by", String(32), nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("confirmed_by", String(32)),
    Column("confirmed_at", UtcDateTime),
    _one_of("kind", DECISIONS),
    _one_of("ground", GROUNDS),
    # The second operator is another one.
    CheckConstraint("confirmed_by IS NULL OR confirmed_by <> decided_by", name="two_operators"),
)

# Mail to be sent, written in the same transaction as what it tells of. It names rows and holds
# no words: the mail is written when it is sent, so nothing personal waits here.
outbox = Table(
    "outbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    # To whom; null for a decoy, which is never sent. Erasing a person deletes what waits for them.
    Column("contact_id", ForeignKey("contact.id", ondelete="CASCADE"), index=True),
    Column("objection_id", ForeignKey("objection.id"), index=True),
    Column("verification_id", ForeignKey("verification.id", ondelete="CASCADE"), index=True),
    Column("decision_id", ForeignKey("decision.id")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    # Not before then; a worker that takes the row moves it on, so that no other takes it meanwhile.
    Column("next_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    # Given up: no attempt is left. `problem` is a code such as `refused` or `unreachable`.
    Column("failed_at", UtcDateTime),
    Column("problem", String(32)),
    _one_of("kind", MAILS),
    Index(
        "ix_outbox_waiting",
        "next_at",
        sqlite_where=text("sent_at IS NULL AND failed_at IS NULL"),
        postgresql_where=text("sent_at IS NULL AND failed_at IS NULL"),
    ),
)
