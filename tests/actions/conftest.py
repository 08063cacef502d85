"""A service that does what a test says, and a tracker as Rasa would send it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timezone
from typing import Any, cast

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import records
from actions.base import BotAction
from bot.objections.accounts import Account
from bot.objections.asking import Asker
from bot.objections.errors import CodeRefused
from bot.objections.fields import parse_email, parse_full_name
from bot.objections.filing import Filing
from bot.objections.service import Filed, FiledObjection, ObjectionService, Status, Withdrawn
from bot.objections.sitting import Known
from bot.objections.verification import Awaited, Opened, Verification

RECEIVED = datetime(2024, 11, 25, tzinfo=timezone.utc)
DUE = date(2024, 12, 27)
REFERENCES = ("OBJ-0000-0000-0000-0000-0", "OBJ-0000-0000-0000-0001-1")
ANA = {
    "full_name": "Ana Silva",
    "email": "ana@example.org",
    "country": "IE",
    "account": {"platform": "instagram", "handle": "ana.s"},
    "linked_accounts": [{"platform": "facebook", "handle": "ana.silva"}],
    "unlinked_accounts": [{"platform": "instagram", "handle": "ana_art"}],
    "reason": "My pictures are my living.",
    "objection_confirmed": True,
    "pending_account": None,
    "attempted": None,
    "draft_id": "0123456789abcdef",
    "references": None,
    "reference": None,
    "requested_slot": None,
}


class FakeService:
    """Remembers what it was asked to do. `before` runs first and may raise or wait.

    Every objection it is asked about is in `state`, but for those that were taken back.
    """

    def __init__(self) -> None:
        self.filed: list[Filing] = []
        self.asked: list[str] = []
        self.withdrawn: list[str] = []
        self.before: Callable[[], None] = lambda: None
        self.state = "received"
        # Codes: what was asked for, and what the right one (123456) opens.
        self.requests: list[tuple[str, ...]] = []
        self.opens = Opened("access", REFERENCES)
        self.waits: Awaited | None = Awaited("first")
        self.limit: Exception | None = None
        self.askers: list[Asker] = []
        self.person: Known | None = None

    def file(self, filing: Filing, asker: Asker) -> Filed:
        self.before()
        self.filed.append(filing)
        return self._answer(filing, again=False)

    def find(self, idempotency_key: str) -> Filed | None:
        self.before()
        for filing in self.filed:
            if filing.idempotency_key == idempotency_key:
                return self._answer(filing, again=True)
        return None

    def _answer(self, filing: Filing, *, again: bool) -> Filed:
        centers = [(filing.account, *filing.linked_accounts)]
        centers += [(account,) for account in filing.unlinked_accounts]
        filed = zip(REFERENCES, centers, strict=False)
        objections = tuple(FiledObjection(reference, accounts) for reference, accounts in filed)
        return Filed("batch", RECEIVED, DUE, objections, again=again)

    def status(self, reference_text: str) -> Status:
        self.before()
        self.asked.append(reference_text)
        state = "withdrawn" if reference_text in self.withdrawn else self.state
        return Status(reference_text, state, RECEIVED, DUE, 2)

    def known(self, reference: str) -> Known | None:
        self.before()
        return self.person

    def show_notice(self, conversation: str) -> str:
        self.before()
        return "d" * 32

    def awaited(self, reference: str, asker: Asker) -> Awaited | None:
        self.before()
        return self.waits

    def request(self, reference: str, asker: Asker) -> str:
        return self._asked("requested", "request", reference, asker)

    def confirm(self, reference: str, asker: Asker) -> str:
        return self._asked("again", "confirm", reference, asker)

    def change_again(self, reference: str, verification_id: str, asker: Asker) -> str:
        return self._asked("again", "change_again", reference, asker)

    def _asked(self, answer: str, name: str, reference: str, asker: Asker) -> str:
        self.before()
        self.askers.append(asker)
        if self.limit is not None:
            raise self.limit
        self.requests.append((name, reference))
        return answer

    def enter(self, verification_id: str, code: str) -> Opened:
        self.before()
        self.requests.append(("enter", verification_id, code))
        if code != "123456":
            raise CodeRefused()
        return self.opens

    def change_email(self, reference: str, email: str, asker: Asker) -> str:
        self.before()
        if self.limit is not None:
            raise self.limit
        self.requests.append(("change_email", reference, parse_email(email)))
        return "changing"

    def change_name(self, reference: str, name: str) -> str:
        self.before()
        self.requests.append(("change_name", reference, parse_full_name(name)))
        return name

    def withdraw(self, references: Iterable[str], channel: str) -> tuple[Withdrawn, ...]:
        self.before()
        self.withdrawn += references
        return tuple(Withdrawn(reference, RECEIVED) for reference in references)


@pytest.fixture
def service() -> Iterator[FakeService]:
    """The service that the actions use during one test."""
    before = list(records._given)
    fake = FakeService()
    records.use(cast(ObjectionService, fake), cast(Verification, fake))
    yield fake
    records._given[:] = before


def tracker(
    text: str = "",
    topic: str | None = None,
    confidence: float = 1.0,
    form: str | None = "objection_form",
    does: list[dict[str, Any]] | None = None,
    **slots: Any,
) -> Tracker:
    """Ana's draft with these slots instead, after a message that was taken for `topic`
    and `does` these commands."""
    topic = topic or ("reply" if does else None)
    name = (topic or "").partition("/")[0] or None
    latest: dict[str, Any] = {
        "text": text,
        "topic": topic,
        "intent": {"name": name, "confidence": confidence},
        "entities": [],
        "commands": does or [],
    }
    loop = {"name": form} if form else {}
    return Tracker("a", {**ANA, **slots}, latest, [], False, None, loop, "action_listen")


class Done:
    """What an action said and did: `said` are the names of the responses, in their order."""

    def __init__(self, dispatcher: CollectingDispatcher, events: list[dict[str, Any]]) -> None:
        self.messages = dispatcher.messages
        self.said = [message["response"] for message in dispatcher.messages]
        self.slots = {e["name"]: e["value"] for e in events if e["event"] == "slot"}
        self.loops = [e["name"] for e in events if e["event"] == "active_loop"]


async def done(action: BotAction, after: Tracker) -> Done:
    """Run an action."""
    dispatcher = CollectingDispatcher()
    return Done(dispatcher, await action.run(dispatcher, after, {}))


def account(text: str) -> Account:
    """account("instagram/ana.s")."""
    platform, _, handle = text.partition("/")
    return Account.from_dict({"platform": platform, "handle": handle})
