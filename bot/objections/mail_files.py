"""Mails that were written into files: one is kept for as long as its row of the outbox.

The row goes with the person, or some weeks after the mail was sent. What is in the file is of that
person, in clear, so it goes too.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import structlog
from sqlalchemy import select

from bot import patterns
from bot.objections import model
from bot.objections.db import Database

__all__ = ["mails_of", "remove", "sweep"]

_log = structlog.get_logger()
# As `postman.Files` names them; one that was begun and never finished has a dot in front.
_MAIL = patterns.compile(r"\.?[0-9]{8}T[0-9]{6}-([0-9a-f]{32})\.(?:eml|part)")
# Values in one statement.
_BATCH = 500


def mails_of(database: Database, contact_id: str) -> frozenset[str]:
    """The ids of all mails to a person that are on record, for `remove` once they are erased.

    Raises StorageError.
    """
    outbox = model.outbox.c
    with database.session(read_only=True) as session:
        theirs = select(outbox.id).where(outbox.contact_id == contact_id)
        return frozenset(session.execute(theirs).scalars())


def remove(folder: Path, ids: Collection[str]) -> int:
    """Remove the files of these mails from this folder; their number. Other files stay."""
    return sum(_unlink(path) for path, row_id in _mails_in(folder) if row_id in ids)


def sweep(database: Database, folder: Path) -> int:
    """Remove the mails in this folder that are on record no more; their number.

    Raises StorageError when the record cannot be read.
    """
    found = sorted({row_id for _, row_id in _mails_in(folder)})
    outbox = model.outbox.c
    removed = 0
    for start in range(0, len(found), _BATCH):
        some = found[start : start + _BATCH]
        with database.session(read_only=True) as session:
            known = session.execute(select(outbox.id).where(outbox.id.in_(some))).scalars()
            gone = {*some} - {*known}
        removed += remove(folder, gone) if gone else 0
    return removed


def _mails_in(folder: Path) -> list[tuple[Path, str]]:
    try:
        paths = [*folder.iterdir()]
    except OSError:
        return []
    return [(path, named[1]) for path in paths if (named := _MAIL.fullmatch(path.name))]


def _unlink(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        _log.error("mail_file_stays", error=type(error).__name__)
        return False
    return True
