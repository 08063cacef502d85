"""The audit log: what was done, in a chain of events that nobody can change unseen.

Each event holds the hash of the one before it, so that a change, a gap or an insertion breaks the
chain at a place that `verify` names. The hash of an event is SHA-256 over its other columns in
their order, each as

    1 byte    0 for NULL, 1 for a value
    8 bytes   length of the value, big-endian
    *         the value, UTF-8; the number in decimal digits

so that no two events with different columns are hashed from the same bytes. No key is involved:
anybody can check the chain, and whoever may rewrite all of it could make a new one that is whole in
itself. The same goes for a chain whose last events were cut off. What shows either is the head, the
number and hash of the last event: note it where the database's administrators cannot write, and
give it to `verify` later.

The log is kept for ever, so nothing personal may be in it: an event carries the keys that `EVENTS`
lists for its action, no more and no less, each in its form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal

from sqlalchemy import insert, inspect, select
from sqlalchemy.engine import Connection

from bot import patterns
from bot.objections import model
from bot.objections.db import AUDIT_LOCK, PATIENCE_S, Database, lock_until_commit
from bot.objections.errors import StorageError

__all__ = [
    "COUNT_MAX",
    "EVENTS",
    "START",
    "Broken",
    "Link",
    "NoLog",
    "Verified",
    "append",
    "verify",
]

Payload = Mapping[str, "str | int"]

_ID = patterns.compile(r"[0-9a-f]{32}")
_SHA256 = patterns.compile(r"[0-9a-f]{64}")
_NUMBER = patterns.compile(r"[0-9]{1,18}")
_DATE = patterns.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ACTOR = patterns.compile(r"person|system|operator:[a-z0-9._-]{1,32}")
_GROUND = patterns.compile("|".join(model.GROUNDS))
# A number up to this is a count or a position, and too short for a telephone number.
COUNT_MAX = 999_999
_COUNT = range(COUNT_MAX + 1)

EVENTS: Mapping[str, Mapping[str, patterns.Pattern | range]] = {
    "objection_filed": {
        "accounts": _COUNT,
        "batch_id": _ID,
        "notice_sha256": _SHA256,
        "notice_version": _DATE,
        "position": _COUNT,
    },
    "objection_withdrawn": {"accounts": _COUNT},
    "email_verified": {},
    "contact_changed": {"field": patterns.compile(r"email|full_name")},
    "case_taken": {},
    "case_upheld": {"accounts": _COUNT},
    "refusal_proposed": {"ground": _GROUND},
    "case_refused": {"accounts": _COUNT, "ground": _GROUND},
    # The person was told of the refusal, and the accounts are held no longer.
    "refusal_told": {"accounts": _COUNT},
    "case_not_matched": {"accounts": _COUNT},
    "case_reopened": {"accounts": _COUNT},
    "answer_put_off": {"due_after": _DATE, "due_before": _DATE},
    "hold_expired": {"accounts": _COUNT},
    "person_erased": {"objections": _COUNT},
    "keys_rotated": {"contacts": _COUNT, "key_id": patterns.compile(r"[A-Za-z0-9_-]{1,32}")},
    "record_exported": {"objections": _COUNT},
}

# Rows that are in memory at once while verifying.
_BATCH = 1000


class NoLog(StorageError):
    """The database has no audit log: never migrated, or the table was removed."""


@dataclass(frozen=True)
class Link:
    """A place in the chain: an event's number and hash (64 hex digits)."""

    number: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> Link:
        """Read what `str()` gives. Raises ValueError for anything else."""
        number, _, digest = text.strip().partition(":")
        digest = digest.lower()
        if not _NUMBER.fullmatch(number) or not _SHA256.fullmatch(digest):
            raise ValueError("a head is NUMBER:HASH, the hash with 64 hex digits")
        link = cls(int(number), digest)
        if link.number == 0 and link != START:
            raise ValueError("a head is NUMBER:HASH, and before the first event the hash is zeros")
        return link

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


# What the first event names as its predecessor, and the head of a log without events.
START = Link(0, "0" * 64)


@dataclass(frozen=True)
class Verified:
    """The chain is whole, and so is everything in it. `head.number` is the count of events."""

    head: Link


Problem = Literal["first", "gap", "twice", "changed", "predecessor", "cut_off", "rewritten"]
_SENTENCES: Mapping[Problem, str] = {
    "first": "Event {number} is not the beginning of the log: something stood or stands before it.",
    "gap": "Event {number} is missing, though later ones are there.",
    "twice": "There is more than one event {number}.",
    "changed": "Event {number} was changed after it was written: its content does not give its "
    "hash.",
    "predecessor": "Event {number} does not follow the event before it: one of the two was "
    "replaced.",
    "cut_off": "The log ends before event {number}, but the head that was noted comes later: the "
    "end was cut off.",
    "rewritten": "Event {number} is not the one whose hash was noted: the log was rewritten.",
}


@dataclass(frozen=True)
class Broken:
    """The first broken link: the number of the event, and a code for what is wrong with it."""

    number: int
    problem: Problem

    @property
    def sentence(self) -> str:
        """The same for people."""
        return _SENTENCES[self.problem].format(number=self.number)


def append(
    session: Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    objection_id: str | None,
    payload: Payload,
) -> Link:
    """Write one event in the caller's transaction, as the last thing that is written there.

    Args:
        at: an aware time.
        actor: `person`, `system` or `operator:<name>`.
        action: one of `EVENTS`.
        objection_id: the id of a row, never the number that the person knows.
        payload: exactly the keys that `EVENTS` lists.

    Raises ValueError, which repeats no value, for anything that has no place in the log.
    """
    _check(at, actor, action, objection_id, payload)
    # From here to the commit there is one writer, so that each event finds the one before it. Not
    # earlier: everybody who files would wait for all that this transaction does, and one that held
    # this lock while waiting for a row could meet another that holds the row and waits for this.
    # Not later, and not released before the commit: two that read the same head would both follow
    # it. PostgreSQL shows a transaction's rows before it gives up its locks, and under READ
    # COMMITTED the statement below sees them; under stricter isolation the primary key refuses the
    # second event instead.
    lock_until_commit(session, AUDIT_LOCK, patience_s=PATIENCE_S)
    head = _head(session)
    event = {
        "number": head.number + 1,
        "at": at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "actor": actor,
        "action": action,
        "objection_id": objection_id,
        "payload": json.dumps(payload, sort_keys=True, separators=(",", ":")),
        "previous": head.hash,
    }
    link = Link(head.number + 1, _hash(event.values()))
    session.execute(insert(model.audit_event).values(**event, hash=link.hash))
    return link


def verify(database: Database, expected: Link | None = None) -> Verified | Broken:
    """Read the whole log, oldest first, and name the first link that is broken.

    With `expected`, a head that was noted earlier, the log is broken as well when that link is not
    part of it. Events that are written meanwhile are not looked at.

    Raises NoLog when there is no log, StorageError when the database cannot be read.
    """
    in_order = select(model.audit_event).order_by(model.audit_event.c.number)
    last = START
    with database.session(read_only=True) as session:
        if not inspect(session).has_table(model.audit_event.name):
            raise NoLog()
        # One statement, and so one state of the log; handed over in batches of bounded size.
        rows = session.execute(in_order, execution_options={"yield_per": _BATCH})
        for row in rows:
            problem = _problem(row, last)
            if problem is not None:
                return problem
            last = Link(row.number, row.hash)
            if expected is not None and expected.number == last.number and expected != last:
                return Broken(last.number, "rewritten")
    if expected is not None and expected.number > last.number:
        return Broken(last.number + 1, "cut_off")
    return Verified(last)


def _problem(row: Any, last: Link) -> Broken | None:
    """What is wrong with the event after `last`, if this row is to be it."""
    number = last.number + 1
    if row.number > number:
        return Broken(number, "gap")
    if row.number < number:
        return Broken(row.number, "first" if last == START else "twice")
    *content, own = row
    # SQLite keeps a value of any type in any column.
    texts = [value for value in (*content[1:], own) if value is not None]
    if not all(isinstance(text, str) for text in texts) or own != _hash(content):
        return Broken(number, "changed")
    if row.previous != last.hash:
        return Broken(number, "first" if last == START else "predecessor")
    return None


def _head(session: Connection) -> Link:
    event = model.audit_event.c
    newest = select(event.number, event.hash).order_by(event.number.desc()).limit(1)
    row = session.execute(newest).one_or_none()
    return START if row is None else Link(row.number, row.hash)


def _hash(content: Any) -> str:
    """The hash of all columns but `hash`, in the order of the table."""
    digest = hashlib.sha256()
    for value in content:
        # Text that is no UTF-8 comes from SQLite with its bytes escaped; they are hashed as bytes.
        encoded = b"" if value is None else str(value).encode("utf-8", "surrogateescape")
        digest.update(b"\0" if value is None else b"\1")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def _check(
    at: datetime, actor: str, action: str, objection_id: str | None, payload: Payload
) -> None:
    if at.tzinfo is None:
        raise ValueError("an audit event needs a time with a time zone")
    if not _ACTOR.fullmatch(actor):
        raise ValueError("an audit event is by 'person', 'system' or 'operator:<name>'")
    if action not in EVENTS:
        raise ValueError(f"an audit event is one of {', '.join(EVENTS)}")
    if objection_id is not None and not _ID.fullmatch(objection_id):
        raise ValueError("an audit event names an objection by the id of its row")
    forms = EVENTS[action]
    if set(payload) != set(forms):
        raise ValueError(f"the payload of '{action}' has exactly the keys {', '.join(forms)}")
    for key, form in forms.items():
        if not _has_form(payload[key], form):
            raise ValueError(f"'{key}' in the payload of '{action}' is not of its form")


def _has_form(value: object, form: patterns.Pattern | range) -> bool:
    if isinstance(form, range):
        # `True` is an int to Python, but no count.
        return type(value) is int and value in form
    return isinstance(value, str) and form.fullmatch(value) is not None
