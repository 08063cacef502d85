"""What the tests of mail and of those who send it share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from email.message import EmailMessage
from typing import Any

from sqlalchemy import insert, select

from bot.objections import cases, model, outbox
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.letters import Letters
from bot.objections.postman import NotSent, Postman
from bot.objections.service import ObjectionService
from tests.unit.objections.examples import ISSUER

KEYS = Keys([("k1", bytes(32))])
NOW = datetime(2024, 11, 25, 9, 30, tzinfo=timezone.utc)
HELPER = replace(ISSUER, role="helper", contact="privacy@platform.example")


class Post:
    """A transport that keeps what it was given; `trouble` is raised instead while it is set."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []
        self.trouble: NotSent | None = None
        self.during: Callable[[], Any] | None = None

    async def send(self, message: EmailMessage, name: str) -> None:
        if self.during is not None:
            self.during()
        if self.trouble is not None:
            raise self.trouble
        self.sent.append(message)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def service(database: Database, issuer: Any = ISSUER, clock: Any = None) -> ObjectionService:
    return ObjectionService(database, KEYS, issuer, clock=clock or (lambda: NOW))


def postman(
    database: Database, transport: Any, issuer: Any = ISSUER, clock: Any = None
) -> Postman:
    letters = Letters(KEYS, issuer)
    return Postman(database, letters, transport, "bot@help.example", clock=clock or (lambda: NOW))


def rows(database: Database, table: Any) -> list[Any]:
    with database.session(read_only=True) as session:
        found: list[Any] = session.execute(select(table)).all()
    return found


def confirmed(database: Database) -> None:
    """Confirm the address of everybody who has filed."""
    for contact in rows(database, model.contact):
        with database.session() as session:
            cases.confirm(session, contact.id, NOW)


def waiting(database: Database, kind: str, **more: Any) -> None:
    """Let a mail of this kind wait for the one who filed."""
    (objection,) = rows(database, model.objection)
    with database.session() as session:
        outbox.put(
            session, kind, NOW, objection.contact_id, objection_id=objection.id, **more
        )


def decided(database: Database, kind: str, text: str, **values: Any) -> str:
    """A decision about the one objection; its id."""
    (objection,) = rows(database, model.objection)
    (contact,) = rows(database, model.contact)
    row_id = model.new_id()
    sealer = KEYS.subject(contact.wrapped_key, contact.id)
    with database.session() as session:
        session.execute(
            insert(model.decision).values(
                id=row_id,
                objection_id=objection.id,
                kind=kind,
                text=sealer.seal(text, table="decision", row_id=row_id, column="text"),
                decided_by="eve",
                decided_at=NOW,
                **values,
            )
        )
    return row_id


def body(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())
