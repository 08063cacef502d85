"""After a filing the whole database has nothing in clear of what was told in it."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions import records
from bot import log
from bot.app import Application
from bot.runtime.identity import Identity
from bot.settings import Settings
from tests.conversations.conftest import Person
from tests.conversations.steps import REFERENCE, objects
from tests.leaks import dump, files, found
from tests.unit.objections.conftest import url

__all__ = ["url"]

pytestmark = pytest.mark.slow

KEY = "k1:" + b64encode(bytes(range(32))).decode()
HERS = {
    "full_name": "Wilhelmina Quartzberg",
    "email": "wilhelmina@quartzberg-flora.example.org",
    "account": "instagram zinnia.marigold",
    "linked_accounts": "facebook foxglove.harebell",
    "unlinked_accounts": "instagram larkspur_daphne",
    "reason": "Xylophone virtuosos abstain.",
}
TYPED = (
    HERS["full_name"],
    HERS["email"],
    "zinnia.marigold",
    "foxglove.harebell",
    "larkspur_daphne",
    HERS["reason"],
)


@pytest.fixture
def own(
    model: Path, loop: asyncio.AbstractEventLoop, url: str, tmp_path: Path
) -> Iterator[Application]:
    """An application with a database that nobody else uses, of each kind."""
    settings = Settings.load(
        {
            "DATA_DIR": str(tmp_path), "DATABASE_URL": url, "DATA_KEYS": KEY,
            "SECRET_KEY": "s" * 40, "SIGNING_KEY": b64encode(bytes(32)).decode(),
        }
    )
    log.configure("ERROR")
    # The actions of this process get another service meanwhile, and then the first one again.
    before = list(records._given)
    application = Application(settings, model)
    application.start()
    yield application
    loop.run_until_complete(application.stop())
    records._given[:] = before


def everything(application: Application) -> bytes:
    database = application.database
    is_sqlite = database.engine.dialect.name == "sqlite"
    return dump(database) + (files(database) if is_sqlite else b"")


def test_of_a_filing_that_is_over_nothing_is_left_in_clear(
    own: Application, loop: asyncio.AbstractEventLoop
) -> None:
    person = Person(own, loop)
    objects(person, up_to="email", **HERS)
    # A value that is refused first.
    person.says("wilhelmina(at)quartzberg")
    assert person.asked == "email"
    for step, answer in [*HERS.items()][1:]:
        if step == "account":
            person.says("Ireland")
        assert person.asked == step
        person.says(answer)
    assert person.asked == "objection_confirmed"
    # While it goes on, the words are there: what looks for them would see them.
    assert found(TYPED, everything(own))
    # A change at the end, and a question in between.
    person.says("change my name")
    person.says("Philippa Quartzberg")
    person.says("when does it start?")
    references = REFERENCE.findall(person.says("yes"))
    assert len(references) == 2
    person.says(f"what is the state of {references[0]}?")
    assert references[0].encode() in everything(own)
    assert found([*TYPED, "Philippa Quartzberg"], everything(own)) == []

    # Taken back, and filed again in one message, and then cancelled.
    person.says(f"take back {references[1]}")
    person.presses(next(title for title in person.offered if re.search("take", title, re.I)))
    assert "taken back" in person.last[0].text
    person.says("I want to object")
    person.says(f"I'm {HERS['full_name']}, {HERS['email']}, {HERS['account']}")
    assert found(TYPED, everything(own))
    person.says("cancel")
    if person.asked:
        person.says("yes")
    assert person.slots()["draft_id"] is None
    assert found([*TYPED, "Philippa Quartzberg"], everything(own)) == []

    # And once more, begun with what a login says; begun anew, and cancelled.
    stranger = Person(own, loop)
    stranger.login = Identity(HERS["full_name"], HERS["email"], HERS["account"])
    stranger.says("what may be used?")
    assert found(TYPED, everything(own)) == []
    assert HERS["full_name"] in stranger.says("I want to object")
    assert found(TYPED, everything(own))
    stranger.says("start over")
    stranger.says("Ireland")
    stranger.says("cancel")
    assert stranger.slots()["draft_id"] is None
    assert found(TYPED, everything(own)) == []

    # What is gone there is in the record all the same, for whoever has the key.
    assert own.conversations is not None
    receipt = own._objections.receipt(references[0])  # type: ignore[union-attr]
    assert receipt.content["person"]["full_name"] == "Philippa Quartzberg"
