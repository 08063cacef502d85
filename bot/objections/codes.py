"""The six-digit code that confirms an e-mail address: made when its mail is, checked once.

A code is good for ten minutes from being sent, for five attempts and for one use. It is stored
nowhere, only a keyed hash of it together with the id of its row.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, select, update
from sqlalchemy.engine import Connection

from bot import patterns
from bot.objections import model
from bot.objections.crypto import Keys

__all__ = ["ATTEMPTS_MAX", "LIFETIME", "check", "find_code", "renew"]

LIFETIME = timedelta(minutes=10)
ATTEMPTS_MAX = 5
_PURPOSE = "verification.code"
_SIX_DIGITS = patterns.compile(r"(?<!\d)(\d{3})[ \-.]?(\d{3})(?!\d)")


def _random() -> str:
    return f"{secrets.randbelow(1_000_000):06}"


def renew(
    session: Connection,
    keys: Keys,
    verification_id: str,
    at: datetime,
    *,
    new_code: Callable[[], str] = _random,
) -> str | None:
    """Make a code for a mail that is about to be sent; one that was made before counts no longer.

    None when there is no use for one any more: it was used, or all attempts were.
    """
    table = model.verification
    code = new_code()
    done = session.execute(
        update(table)
        .where(_of_use(verification_id))
        .values(
            code_index=keys.index(_PURPOSE, verification_id, code).digest,
            sent_at=at,
            expires_at=at + LIFETIME,
        )
    )
    return code if done.rowcount else None


def check(
    session: Connection, keys: Keys, verification_id: str, code: str, at: datetime
) -> bool:
    """Whether this is the code. Counts the attempt, and uses the code up when it is right.

    One UPDATE does both, so of two attempts at once neither goes uncounted and only one can be
    right. The database compares keyed hashes, whose beginnings nobody can choose without the key:
    how long that takes tells nothing about the code.
    """
    table = model.verification
    hashes = [index.digest for index in keys.indexes(_PURPOSE, verification_id, code)]
    right = table.c.code_index.in_(hashes)
    done = session.execute(
        update(table)
        .where(_of_use(verification_id), table.c.expires_at > at)
        .values(attempts=table.c.attempts + 1, used_at=case((right, at), else_=None))
    )
    # Asked in any case, so that a code that was never sent takes the same steps as a wrong one.
    used = select(table.c.used_at).where(table.c.id == verification_id)
    used_at = session.execute(used).scalar_one_or_none()
    return bool(done.rowcount) and used_at is not None


def _of_use(verification_id: str) -> Any:
    """The condition that this code was not used, and neither were all attempts."""
    table = model.verification.c
    return and_(
        table.id == verification_id, table.used_at.is_(None), table.attempts < ATTEMPTS_MAX
    )


def find_code(text: str) -> str | None:
    """The six digits in what somebody wrote: "it's 123 456" gives "123456"."""
    found = [match[1] + match[2] for match in _SIX_DIGITS.finditer(text)]
    return found[0] if len(found) == 1 else None
