"""The one place where actions get the objection service from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.service import ObjectionService
from bot.settings import Settings

T = TypeVar("T")
_given: list[ObjectionService] = []


def use(service: ObjectionService) -> None:
    """Let the actions of this process use this service; called where everything is wired."""
    _given[:] = [service]


def service() -> ObjectionService:
    """The service that was given, or, under `rasa run actions`, one from the settings."""
    return _given[0] if _given else _from_settings()


@lru_cache(maxsize=1)
def _from_settings() -> ObjectionService:
    settings = Settings.load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    database.migrate()
    return ObjectionService(database, Keys.parse(settings.data_keys))


async def ask(work: Callable[[ObjectionService], T]) -> T:
    """Run `work` with the service beside the event loop: a slow database holds up nobody else."""
    return await asyncio.to_thread(lambda: work(service()))
