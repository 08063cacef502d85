"""Sends what waits in the outbox: over SMTP, or into files where there is no mail server.

It runs as a task in the serving process. Reading, writing and drawing happen beside the event loop.
Nothing of a mail and no answer of a server reaches the log, only the kind of the mail and a code.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog
from sqlalchemy.engine import Connection

from bot.objections import audit, cases, moments, outbox
from bot.objections.crypto import Unreadable
from bot.objections.db import Database
from bot.objections.errors import StorageError
from bot.objections.letters import Letters, composed
from bot.objections.mailbox import Unmailable
from bot.objections.outbox import Waiting

__all__ = ["Files", "NotSent", "Postman", "Smtp", "Transport"]

_log = structlog.get_logger()

# Seconds between two looks, and between two attempts after the database has failed.
PAUSE_S = 1.0
_TROUBLED_S = 10.0
_BATCH = 10
_LIMIT_S = 20.0


class NotSent(Exception):
    """A mail was not sent. `code` is for the record; `final` says that trying again is no use."""

    def __init__(self, code: str, *, final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.final = final


class Transport(Protocol):
    """How mails leave."""

    async def send(self, message: EmailMessage, name: str) -> None:
        """Send it; `name` is the same for the same mail. Raises NotSent."""


@dataclass(frozen=True)
class Files:
    """Writes each mail into a file of this folder, for where there is no mail server."""

    folder: Path

    async def send(self, message: EmailMessage, name: str) -> None:
        """Write `<name>.eml`, which only its owner can read, all of it or nothing."""
        await asyncio.to_thread(self._write, message, name)

    def _write(self, message: EmailMessage, name: str) -> None:
        try:
            # Not what it is in: that is everybody's data, and somebody may be bringing it back.
            self.folder.mkdir(exist_ok=True, mode=0o700)
            begun = self.folder / f".{name}.part"
            handle = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(message.as_bytes())
            begun.replace(self.folder / f"{name}.eml")
        except OSError:
            raise NotSent("not_written") from None


@dataclass(frozen=True)
class Smtp:
    """Sends over SMTP.

    Attributes:
        host, port: the server.
        tls: from the first byte on (smtps). Otherwise it begins with STARTTLS where the server
            offers that, and insists on it when there is a password to be sent.
    """

    host: str
    port: int
    tls: bool
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    limit_s: float = _LIMIT_S
    context: ssl.SSLContext | None = None

    @classmethod
    def parse(cls, url: str) -> Smtp:
        """Read `smtp://user:password@host:587` or `smtps://…`.

        Raises ValueError, naming SMTP_URL and showing nothing of it.
        """
        try:
            parts = urlsplit(url)
            tls = parts.scheme == "smtps"
            if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
                raise ValueError
            port = parts.port or (465 if tls else 587 if parts.username else 25)
        except ValueError:
            raise ValueError("SMTP_URL must look like 'smtp://user:password@host:587'.") from None
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(parts.hostname, port, tls, user, password)

    async def send(self, message: EmailMessage, name: str) -> None:
        """Send it to the address in its To. Raises NotSent."""
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.user,
                password=self.password,
                use_tls=self.tls,
                start_tls=None if self.tls or self.user is None else True,
                timeout=self.limit_s,
                tls_context=self.context,
            )
        except aiosmtplib.SMTPAuthenticationError:
            raise NotSent("not_let_in") from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            raise _refused(codes[0] if codes else 0) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error.code) from None
        except (aiosmtplib.SMTPException, OSError, asyncio.TimeoutError):
            raise NotSent("unreachable") from None


def _refused(code: int) -> NotSent:
    # 5xx is for good, 4xx for now. Source: RFC 5321, 4.2.1
    return NotSent(f"smtp_{code}", final=500 <= code < 600)


class Postman:
    """Sends what waits, until it is stopped."""

    def __init__(
        self,
        database: Database,
        letters: Letters,
        transport: Transport,
        sender: str,
        *,
        clock: Callable[[], datetime] = moments.now,
    ) -> None:
        self._database = database
        self._letters = letters
        self._transport = transport
        self._sender = sender
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.create_task(self._go())

    async def stop(self) -> None:
        """Finish the mail in hand, and end."""
        self._stopping.set()
        if self._task is not None:
            await self._task

    async def deliver(self) -> int:
        """Send what is due now; how many mails were taken. Raises StorageError."""
        taken = await asyncio.to_thread(self._take)
        for place, waiting in enumerate(taken):
            if self._stopping.is_set():
                await asyncio.to_thread(self._give_back, taken[place:])
                break
            await self._send(waiting)
        return len(taken)

    async def _go(self) -> None:
        while not self._stopping.is_set():
            pause = PAUSE_S
            try:
                if await self.deliver() == _BATCH:
                    pause = 0.0
            except StorageError:
                pause = _TROUBLED_S
            except Exception as error:
                # Not the error itself: its text may quote a mail.
                _log.error("postman_failed", error=type(error).__name__)
                pause = _TROUBLED_S
            try:
                await asyncio.wait_for(self._stopping.wait(), pause)
            except asyncio.TimeoutError:
                continue

    async def _send(self, waiting: Waiting) -> None:
        now = self._clock()
        try:
            message = await asyncio.to_thread(self._composed, waiting, now)
            if message is not None:
                await self._transport.send(message, f"{now:%Y%m%dT%H%M%S}-{waiting.id}")
        except NotSent as problem:
            await asyncio.to_thread(self._failed, waiting, problem)
        except Unmailable:
            await asyncio.to_thread(self._failed, waiting, NotSent("unmailable", final=True))
        except (Unreadable, ValueError, KeyError) as error:
            # One that cannot be written today may be once its key is configured again.
            _log.error("mail_unwritten", kind=waiting.kind, error=type(error).__name__)
            await asyncio.to_thread(self._failed, waiting, NotSent("unwritten"))
        else:
            await asyncio.to_thread(self._sent, waiting, message is not None)

    def _take(self) -> list[Waiting]:
        now = self._clock()
        # A look costs no writer anything; taking does.
        with self._database.session(read_only=True) as session:
            if not outbox.is_due(session, now):
                return []
        with self._database.session() as session:
            return outbox.take(session, now, _BATCH)

    def _give_back(self, taken: list[Waiting]) -> None:
        with self._database.session() as session:
            for waiting in taken:
                outbox.give_back(session, waiting, self._clock())

    def _composed(self, waiting: Waiting, now: datetime) -> EmailMessage | None:
        with self._database.session() as session:
            mail = self._letters.write(session, waiting, now)
        # Each attempt has another code, so a mailbox must not take the second for the first.
        name = f"{waiting.id}.{waiting.attempts}" if waiting.kind == "code" else waiting.id
        return None if mail is None else composed(mail, self._sender, name, now)

    def _failed(self, waiting: Waiting, problem: NotSent) -> None:
        _log.warning("mail_not_sent", kind=waiting.kind, code=problem.code)
        with self._database.session() as session:
            outbox.note_failure(
                session, waiting, self._clock(), problem.code, final=problem.final
            )

    def _sent(self, waiting: Waiting, went_out: bool) -> None:
        now = self._clock()
        with self._database.session() as session:
            first = outbox.note_sent(session, waiting.id, now)
            if first and went_out and waiting.kind == "refused" and waiting.objection_id:
                _end_hold(session, waiting.objection_id, now)


def _end_hold(session: Connection, objection_id: str, at: datetime) -> None:
    """Once the person has been told of the refusal, and not before, its accounts are let go."""
    accounts = cases.release(session, objection_id)
    if accounts is None:
        return  # an appeal came first
    audit.append(
        session,
        at=at,
        actor="system",
        action="refusal_told",
        objection_id=objection_id,
        payload={"accounts": accounts},
    )
