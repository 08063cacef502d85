"""What is removed by itself, all of it: from the record and from the conversations.

About once an hour in every process that serves; several at once do no harm.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import asdict
from datetime import datetime, timedelta, timezone

import structlog

from bot.log import where
from bot.objections import mail_files
from bot.objections import retention as record
from bot.objections.db import Database
from bot.runtime import retention as conversations
from bot.settings import Settings

__all__ = ["Housekeeping", "remove"]

log = structlog.get_logger()

_HOUR_S = 3600.0
# After a start, so that it does not come between the first questions.
_FIRST_S = 60.0
# Of each kind in an hour, so that a run ends soon; whatever is left has its turn later.
_AT_MOST = 2000


def remove(
    database: Database,
    settings: Settings,
    now: datetime,
    *,
    dry_run: bool = False,
    at_most: int | None = None,
) -> dict[str, int]:
    """Remove what is due, with `dry_run` only count it; numbers by `persons`, `holds`, `codes`,
    `mails`, `displays` and `conversations`.

    Raises StorageError.
    """
    removed = 0
    if settings.conversation_days:
        if not dry_run:
            conversations.make_index(database)
        before = now - timedelta(days=settings.conversation_days)
        removed = conversations.delete_old(database, before, dry_run=dry_run, at_most=at_most)
    if not dry_run:
        expired = now - timedelta(seconds=settings.session_lifetime)
        conversations.forget_ended(database, expired)
    rules = record.Rules(
        settings.conversation_days, settings.contact_days, settings.unverified_hold_days
    )
    # The record last: it overwrites what was deleted.
    of_record = record.run(
        database, rules, now, dry_run=dry_run, at_most=at_most, deleted_before=bool(removed)
    )
    if not dry_run:
        # Also what was erased elsewhere, while a mail of it was being written.
        mail_files.sweep(database, settings.mail_dir)
    return {**asdict(of_record), "conversations": removed}


class Housekeeping:
    """Calls `remove` about once an hour, beside the event loop, from `start` to `stop`."""

    def __init__(
        self, database: Database, settings: Settings, *, first: float = _FIRST_S,
        pause: float = _HOUR_S,
    ) -> None:
        """`first` and `pause` are seconds before the first run and between two."""
        self._database = database
        self._settings = settings
        self._first = first
        self._pause = pause
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._go_on())

    async def stop(self) -> None:
        """End; a run in hand is finished first."""
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    async def _go_on(self) -> None:
        await asyncio.sleep(self._first)
        while True:
            # A thread cannot be cancelled: whoever stops us waits for it.
            run = asyncio.ensure_future(asyncio.to_thread(self._run))
            try:
                await asyncio.shield(run)
            except asyncio.CancelledError:
                await run
                raise
            # Several processes that started together drift apart.
            await asyncio.sleep(self._pause * random.uniform(0.9, 1.1))  # noqa: S311

    def _run(self) -> None:
        now = datetime.now(timezone.utc)
        try:
            removed = remove(self._database, self._settings, now, at_most=_AT_MOST)
        except Exception as error:
            # It is tried again in an hour, whatever it was.
            log.error("retention_failed", error=type(error).__name__, where=where(error))
        else:
            log.info("retention_done", count=sum(removed.values()))
