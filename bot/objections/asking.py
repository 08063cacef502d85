"""How many codes may be asked for: by a conversation, from an address of the network, for a
mailbox and in all. The rows of `verification` tell, so the count is the same for every process, and
what was rolled back was not counted.

Who asked is kept as keyed hashes only, for as long as the code is (a day).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from bot.objections import model, outbox
from bot.objections.crypto import Keys
from bot.objections.db import MAIL_LOCK, PATIENCE_S, lock_until_commit
from bot.objections.errors import CodeNotSent
from bot.objections.mailbox import Unmailable, mailbox

__all__ = [
    "AGAIN_AFTER",
    "DEFAULT",
    "NOBODY",
    "PER_DAY",
    "PER_MAILBOX",
    "Asker",
    "Asking",
    "Limits",
    "Rate",
    "mailbox_of",
    "person",
]

_DAY = timedelta(days=1)
# How far the clocks of two processes may differ. What was asked for later than that was asked for
# before a clock was set back, and keeps nobody waiting.
_AHEAD = timedelta(minutes=1)
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
# A conversation may ask for a code again after a minute, and so often a day.
AGAIN_AFTER = timedelta(seconds=60)
PER_DAY = 10
# What a mailbox can bear in a day, and what of it one address of the network can use up.
PER_MAILBOX = 30


@dataclass(frozen=True)
class Asker:
    """Who asks for a code, as far as is known: the id of their conversation, and under which name
    their network address is counted."""

    conversation: str | None = field(default=None, repr=False)
    client: str | None = field(default=None, repr=False)


NOBODY = Asker()


@dataclass(frozen=True)
class Rate:
    """So many in a moving window."""

    count: int
    window: timedelta

    @classmethod
    def parse(cls, text: str) -> Rate | None:
        """Read `30/hour`; None for `off`."""
        if text == "off":
            return None
        count, _, unit = text.partition("/")
        return cls(int(count), timedelta(seconds=_UNITS[unit]))


@dataclass(frozen=True)
class Limits:
    """What can be set. `client`: codes asked for from one address, `total`: mails with codes; None
    is no limit. `mailbox` says whether the limits for a mailbox hold."""

    client: Rate | None = Rate(100, timedelta(hours=1))
    total: Rate | None = Rate(5000, timedelta(hours=1))
    mailbox: bool = True


DEFAULT = Limits()


@dataclass(frozen=True)
class _Room:
    """Why no code can be mailed now: `told` by what the caller has done themselves, or by what
    everybody has; `quiet` by what is known of the mailbox. None where one can."""

    told: CodeNotSent | None
    quiet: CodeNotSent | None

    @property
    def problem(self) -> CodeNotSent | None:
        """Whichever lasts longer, for whoever may know of the mailbox."""
        return _longest((self.told, self.quiet))


class Asking:
    """Puts up codes within the limits."""

    def __init__(self, keys: Keys, limits: Limits = DEFAULT) -> None:
        self._keys = keys
        self._limits = limits

    def room(
        self, session: Connection, asker: Asker, purpose: str, sent_to: str, now: datetime
    ) -> _Room:
        """Whether there is room for one more; from here to the commit nobody else takes it."""
        lock_until_commit(session, MAIL_LOCK, patience_s=PATIENCE_S)
        return self.look(session, asker, purpose, sent_to, now)

    def look(
        self, session: Connection, asker: Asker, purpose: str, sent_to: str, now: datetime
    ) -> _Room:
        """The same without keeping anybody else from it.

        The same statements run for every caller and every mailbox.
        """
        table, limits = model.verification.c, self._limits
        asked_in = table.asked_in.in_(self._hashes("asked_in", asker.conversation))
        asked_from = table.asked_from.in_(self._hashes("asked_from", asker.client))
        to = table.sent_to.in_(self._hashes("sent_to", sent_to))
        wanted: dict[str, tuple[Rate | None, tuple[Any, ...]]] = {
            "minute": (Rate(1, AGAIN_AFTER), (asked_in, table.purpose == purpose)),
            "conversation": (Rate(PER_DAY, _DAY), (asked_in,)),
            "client": (limits.client, (asked_from,)),
            "total": (limits.total, (table.sent_to.is_not(None),)),
            "mailbox": (Rate(PER_MAILBOX, _DAY) if limits.mailbox else None, (to,)),
            "share": (Rate(PER_DAY, _DAY) if limits.mailbox else None, (asked_from, to)),
        }
        asked = {name: (rate, which) for name, (rate, which) in wanted.items() if rate}
        row = session.execute(
            select(*(_nth(rate, which, now).label(name) for name, (rate, which) in asked.items()))
        ).one()
        full = {
            name: CodeNotSent(name, math.ceil((row[name] + rate.window - now).total_seconds()))
            for name, (rate, _) in asked.items()
            if row[name] is not None
        }
        return _Room(
            _longest(map(full.get, ("minute", "conversation", "client", "total"))),
            _longest(map(full.get, ("mailbox", "share"))),
        )

    def put(
        self,
        session: Connection,
        asker: Asker,
        purpose: str,
        now: datetime,
        contact_id: str | None,
        *,
        sent_to: str | None,
        objection_id: str | None = None,
        new_email: bytes | None = None,
        row_id: str | None = None,
    ) -> str:
        """Put up a code, and count it; the id of its row. `sent_to` is None where no mail goes out:
        the same rows are written, and nothing that is entered is ever right."""
        hashes = {
            "asked_in": self._hash("asked_in", asker.conversation),
            "asked_from": self._hash("asked_from", asker.client),
            "sent_to": self._hash("sent_to", sent_to),
        }
        return outbox.put_code(
            session,
            purpose,
            now,
            contact_id,
            objection_id=objection_id,
            new_email=new_email,
            verification_id=row_id,
            mailed=sent_to is not None,
            **hashes,
        )

    def _hash(self, purpose: str, value: str | None) -> str | None:
        return None if value is None else self._keys.index(f"verification.{purpose}", value).digest

    def _hashes(self, purpose: str, value: str | None) -> list[str]:
        # "" where nobody is known: the same statement, which finds nothing.
        if value is None:
            return ["" for _ in self._keys.ids]
        return [one.digest for one in self._keys.indexes(f"verification.{purpose}", value)]


def mailbox_of(email: str) -> str:
    """Under which name mails to this address are counted."""
    try:
        return f"mailbox:{mailbox(email)}"
    except Unmailable:
        # From before such addresses were refused. Its mail fails for good.
        return f"address:{email}"


def person(contact_id: str) -> str:
    """Under which name mails about a confirmed sitting are counted. Whoever reads its mailbox knows
    its numbers; strangers who know an address alone cannot use up what it may get."""
    return f"contact:{contact_id}"


def _nth(rate: Rate, which: Iterable[Any], now: datetime) -> Any:
    """When the last but `count` was asked for in the window; null where there were fewer."""
    table = model.verification.c
    return (
        select(table.requested_at)
        .where(
            *which, table.requested_at > now - rate.window, table.requested_at <= now + _AHEAD
        )
        .order_by(table.requested_at.desc())
        .offset(rate.count - 1)
        .limit(1)
        .scalar_subquery()
    )


def _longest(problems: Iterable[CodeNotSent | None]) -> CodeNotSent | None:
    return max(filter(None, problems), key=lambda one: one.wait_s, default=None)
