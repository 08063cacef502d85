"""The one place where actions get the objection service from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from rasa_sdk import Tracker

from bot.objections.asking import Asker, Limits, Rate
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.receipts import Issuer
from bot.objections.service import ObjectionService
from bot.objections.signing import Signer
from bot.objections.verification import Verification
from bot.settings import Settings

T = TypeVar("T")
_given: list[tuple[ObjectionService, Verification]] = []


def use(service: ObjectionService, verification: Verification) -> None:
    """Let the actions of this process use these; called where everything is wired."""
    _given[:] = [(service, verification)]


def made(
    database: Database, keys: Keys, settings: Settings
) -> tuple[ObjectionService, Verification]:
    """The services as the settings want them. Raises ValueError for a bad signing key."""
    sends_copies = settings.operator_role == "helper"
    limits = Limits(
        client=Rate.parse(settings.mail_rate_limit),
        total=Rate.parse(settings.mail_total_limit),
        mailbox=settings.mail_rate_limit != "off",
    )
    return (
        ObjectionService(database, keys, issuer(settings), limits=limits),
        Verification(database, keys, sends_copies=sends_copies, limits=limits),
    )


def issuer(settings: Settings) -> Issuer:
    """Who runs this service, as the settings say it. Raises ValueError for a bad signing key."""
    return Issuer(
        Signer.parse(settings.signing_key),
        role=settings.operator_role,
        operator=settings.operator_name,
        controller=settings.controller_name,
        contact=settings.controller_contact,
        form_url=settings.objection_form_url,
        own_contact=settings.operator_contact,
    )


def services() -> tuple[ObjectionService, Verification]:
    """What was given, or, under `rasa run actions`, the same from the settings."""
    return _given[0] if _given else _from_settings()


@lru_cache(maxsize=1)
def _from_settings() -> tuple[ObjectionService, Verification]:
    settings = Settings.load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    database.migrate()
    return made(database, Keys.parse(settings.data_keys), settings)


def asker(tracker: Tracker) -> Asker:
    """Who is talking, for the limits of mail."""
    return Asker(tracker.sender_id, tracker.latest_message.get("client"))


async def ask(work: Callable[[ObjectionService], T]) -> T:
    """Run `work` with the service beside the event loop: a slow database holds up nobody else."""
    return await asyncio.to_thread(lambda: work(services()[0]))


async def verify(work: Callable[[Verification], T]) -> T:
    """The same with the verification of addresses."""
    return await asyncio.to_thread(lambda: work(services()[1]))
