"""Once a filing is over, the conversation holds nothing personal of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from bot.runtime.redaction import PERSONAL_RESPONSES, REMOVED, redacted
from bot.settings import ROOT

Event = dict[str, Any]
# The values with which actions fill the wording, and that are a person's details.
DETAILS = {"summary", "handle", "account", "changed"}


def user(text: str) -> Event:
    return {"event": "user", "text": text, "parse_data": {"text": text, "intent": {"name": "x"}}}


def bot(response: str, text: str, **values: str) -> Event:
    return {"event": "bot", "text": text, "metadata": {"utter_action": response, **values}}


def slot(name: str, value: Any) -> Event:
    return {"event": "slot", "name": name, "value": value}


BEFORE = [user("Is my sister Eva affected?"), bot("utter_faq/data_used", "Some words.")]
FILING = [
    user("I am Ana Silva and I object"),
    {"event": "action", "name": "action_begin_objection"},
    bot("say_file_begin", "I will ask."),
    slot("draft_id", "d1"),
    slot("full_name", "Ana Silva"),
    user("ana@example.org"),
    slot("email", "ana@example.org"),
    user("ana.s"),
    slot("pending_account", {"handle": "ana.s"}),
    bot("say_ask_platform", "Is ana.s on Facebook or on Instagram?", handle="ana.s"),
    user("instagram"),
    slot("account", {"platform": "instagram", "handle": "ana.s"}),
    slot("pending_account", None),
    slot("linked_accounts", [{"platform": "facebook", "handle": "ana.5"}]),
    slot("unlinked_accounts", []),
    slot("country", "PT"),
    slot("reason", "I paint"),
    bot("say_ask_objection_confirmed", "Ana Silva, ana@example.org", summary="Ana Silva"),
    user("yes"),
]
OVER = [bot("say_file_done", "Your objection is recorded: OBJ-1"), slot("draft_id", None)]
PERSONAL = ("Ana", "Silva", "ana", "I paint", "PT")


def applied(events: list[Event], since: int = 0) -> list[Event]:
    """The events as they are stored afterwards."""
    stored = list(events)
    for index, event in redacted(events, since):
        stored[index] = event
    return stored


@pytest.mark.parametrize(
    "end", [OVER, [slot("draft_id", None)], [slot("draft_id", "d2")]],
    ids=["filed", "cancelled", "begun anew"],
)
def test_nothing_personal_is_left_of_a_filing_that_is_over(end: list[Event]) -> None:
    stored = json.dumps(applied([*FILING, *end]))
    assert [word for word in PERSONAL if word in stored] == []


def test_what_was_said_before_and_after_stays() -> None:
    after = [user("Thank you, Ana"), bot("utter_thank", "You are welcome.")]
    stored = applied([*BEFORE, *FILING, *OVER, *after])

    assert stored[:2] == BEFORE
    assert stored[-2:] == after
    assert stored[-4]["text"] == "Your objection is recorded: OBJ-1"


def test_a_filing_that_goes_on_keeps_what_was_told() -> None:
    assert applied([*BEFORE, *FILING]) == [*BEFORE, *FILING]


def test_a_filing_that_was_begun_anew_keeps_what_was_told_since() -> None:
    anew = [user("start over"), slot("draft_id", "d2"), user("Ben Moor"),
            slot("full_name", "Ben Moor")]
    stored = applied([*FILING, *anew])

    assert stored[-2:] == anew[-2:]
    assert "Silva" not in json.dumps(stored)


def test_the_words_that_began_the_filing_belong_to_it() -> None:
    stored = applied([*BEFORE, *FILING, *OVER])
    assert stored[2]["text"] == REMOVED
    assert stored[2]["parse_data"] == {"text": REMOVED, "intent": {"name": "x"}}


def test_only_what_the_new_events_ended_is_stored_anew() -> None:
    first = [*FILING, *OVER]
    second = [user("another one"), slot("draft_id", "d2"), slot("full_name", "Ben"),
              slot("draft_id", None)]
    written = [index for index, _ in redacted([*first, *second], since=len(first))]

    assert written
    assert min(written) >= len(first)


def test_nothing_is_changed_in_the_events_that_were_given() -> None:
    events = [*FILING, *OVER]
    before = json.dumps(events)
    applied(events)
    assert json.dumps(events) == before


def test_the_shape_of_the_conversation_stays() -> None:
    events = [*BEFORE, *FILING, *OVER]
    shapes = [(event["event"], event.get("name")) for event in events]
    assert [(event["event"], event.get("name")) for event in applied(events)] == shapes


def test_a_conversation_without_a_filing_is_left_alone() -> None:
    assert list(redacted([*BEFORE, slot("draft_id", None)], since=0)) == []


def test_every_wording_that_says_details_back_is_known_as_personal() -> None:
    wording = yaml.safe_load((ROOT / "data" / "wording.yml").read_text("utf-8"))["say"]
    telling = {
        name
        for name, variants in wording.items()
        if any(f"{{{value}}}" in json.dumps(variants) for value in DETAILS)
    }
    assert telling
    assert telling <= PERSONAL_RESPONSES
