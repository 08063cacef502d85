"""What the bot says: the same every time, filled from settings and values, and read by nobody else
as a template."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.core.nlg.interpolator import interpolate_text
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from actions.verifying import TOPICS as AWAITED
from bot.runtime.understanding import _FIRST_WORDS
from bot.runtime.wording import Wording, fill, sentences
from bot.settings import ROOT, Settings
from bot.understanding.commands import ACTS, Command

Variants = list[dict[str, Any]]

# What actions give. Answers to questions, `utter_…`, are given nothing.
GIVEN = {"handle", "platform", "account", "summary", "problem", "changed", "objections", "count",
         "reference", "received", "accounts", "state", "others", "promise", "position", "asked",
         "letter", "address", "covered", "known", "typed", "value", "taken", "place", "given"}
# What people really write, and what a formatter trips over.
AWKWARD = ["{x}", "{", "}", "{0[email]}", "0[", "{summary}", "%s", "\\1", "{{controller}}", "$(id)"]


def settings(**changed: Any) -> Settings:
    return Settings(Path("var"), "sqlite:///x.db", "secret", "k1:key", "key", **changed)


def _given(name: str) -> set[str]:
    return GIVEN if name.startswith("say_") else set()


def _files() -> Iterator[Path]:
    yield ROOT / "domain.yml"
    yield from sorted((ROOT / "data").rglob("*.yml"))


def _all_responses() -> list[tuple[str, Variants]]:
    found: list[tuple[str, Variants]] = []
    for path in _files():
        content = yaml.safe_load(path.read_text("utf-8")) or {}
        for key in ("responses", "say"):
            found += (content.get(key) or {}).items()
    return found


RESPONSES = _all_responses()
each_response = pytest.mark.parametrize(
    ("name", "variants"), RESPONSES, ids=[name for name, _ in RESPONSES]
)


@pytest.fixture
def tracker() -> DialogueStateTracker:
    return DialogueStateTracker("ana", [])


def wording(responses: dict[str, Variants], **changed: Any) -> Wording:
    return Wording(domain=Domain.from_dict({"responses": responses}), settings=settings(**changed))


def test_there_are_responses_to_look_at_and_no_name_is_used_twice() -> None:
    names = [name for name, _ in RESPONSES]
    assert len(names) > 50
    assert len(names) == len(set(names))


@each_response
def test_an_answer_has_one_text_and_what_comes_again_has_other_words(
    name: str, variants: Variants
) -> None:
    texts = [variant["text"].strip() for variant in variants]
    assert all(texts) and len(texts) == len(set(texts))
    assert len(texts) == 1 or name.startswith("say_")
    # Conditions and channels would be variants by another name.
    assert all(set(variant) <= {"text", "buttons", "custom"} for variant in variants)


@each_response
def test_a_response_names_only_values_that_somebody_gives(name: str, variants: Variants) -> None:
    given = _given(name) | set(sentences(settings()))
    texts = [variant["text"] for variant in variants]
    texts += [text for v in variants if "custom" in v for text in v["custom"]["download"].values()]
    named = set(re.findall(r"\{([^}]*)\}", json.dumps(texts)))
    assert named <= given


@each_response
@pytest.mark.parametrize("role", ["demo", "controller", "helper"])
def test_a_response_can_be_filled_and_nothing_is_left_open(
    name: str, variants: Variants, role: Any
) -> None:
    values = dict.fromkeys(_given(name), "a value")
    filled = fill(variants, {**values, **sentences(settings(operator_role=role))})
    texts = [variant["text"] for variant in filled]
    texts += [b["title"] for variant in filled for b in variant.get("buttons", [])]
    assert not [text for text in texts if "{" in text or "}" in text]


@each_response
def test_beside_text_and_buttons_a_response_has_a_download_or_nothing(
    name: str, variants: Variants
) -> None:
    for extra in (variant["custom"] for variant in variants if "custom" in variant):
        assert set(extra) == {"download"}
        assert set(extra["download"]) == {"url", "title"}
        assert extra["download"]["url"].startswith("/chat/receipts/")


@each_response
def test_no_response_names_the_controller_itself(name: str, variants: Variants) -> None:
    """Who it is, is a setting: the same words have to serve another name."""
    said = [variant["text"] for variant in variants]
    said += [button["title"] for v in variants for button in v.get("buttons", [])]
    assert not [text for text in said if re.search(r"\bMeta\b", text)]


@each_response
def test_no_response_raises_its_voice(name: str, variants: Variants) -> None:
    assert "!" not in json.dumps(variants)


@each_response
def test_a_button_has_a_title_of_its_own_and_leads_somewhere(name: str, variants: Variants) -> None:
    for variant in variants:
        titles = [button["title"] for button in variant.get("buttons", [])]
        assert len(titles) == len(set(titles))
    buttons = [button for variant in variants for button in variant.get("buttons", [])]
    for button in buttons:
        assert set(button) == {"title", "payload"}
        if button["payload"][1:] in AWAITED:
            continue
        if button["payload"].startswith("/"):
            # A button that takes back names what it is about beside its topic.
            assert button["payload"][1:].removesuffix("/{asked}") in _topics()
        else:
            command = Command.of_button(button["payload"])
            assert button["payload"].startswith("=") and command.do in (*ACTS, "account")


def _topics() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "data" / "nlu").rglob("*.yml"):
        content = yaml.safe_load(path.read_text("utf-8"))
        found |= {entry["intent"] for entry in content.get("nlu") or [] if "intent" in entry}
    return found


@pytest.mark.parametrize("value", AWKWARD)
async def test_what_a_person_writes_comes_back_as_written(
    tracker: DialogueStateTracker, value: str
) -> None:
    says = wording({"utter_told": [{"text": "You wrote {told} to {controller}."}]})
    said = await says.generate("utter_told", tracker, "chat", told=value)
    assert said == {"text": f"You wrote {value} to Meta."}


@pytest.mark.parametrize("value", ["0[", "x 0[ y"])
def test_rasas_own_filling_loses_the_whole_answer_at_such_a_value(value: str) -> None:
    """Why there is a generator of our own: the person is shown the raw template."""
    assert interpolate_text("You wrote {told}.", {"told": "well"}) == "You wrote well."
    assert interpolate_text("You wrote {told}.", {"told": value}) == "You wrote {told}."


async def test_rasas_own_generator_shows_the_template_when_a_value_is_missing() -> None:
    stock = TemplatedNaturalLanguageGenerator({"utter_told": [{"text": "You wrote {told}."}]})
    said = await stock.generate("utter_told", DialogueStateTracker("ana", []), "chat")
    assert said == {"text": "You wrote {told}."}


async def test_a_value_that_nobody_gives_is_an_error_and_not_shown(
    tracker: DialogueStateTracker,
) -> None:
    says = wording({"utter_told": [{"text": "You wrote {told}."}]})
    with pytest.raises(KeyError):
        await says.generate("utter_told", tracker, "chat")


async def test_an_action_cannot_change_what_settings_say(tracker: DialogueStateTracker) -> None:
    says = wording({"utter_who": [{"text": "{controller}"}]}, controller_name="Example")
    said = await says.generate("utter_who", tracker, "chat", controller="Eve")
    assert said == {"text": "Example"}


async def test_buttons_are_filled_too_and_the_template_stays_as_it_was(
    tracker: DialogueStateTracker,
) -> None:
    template = {"text": "Who?", "buttons": [{"title": "Ask {controller}", "payload": "/help"}]}
    says = wording({"utter_who": [template]})
    for _ in range(2):
        said = await says.generate("utter_who", tracker, "chat")
        assert said is not None
        assert said["buttons"] == [{"title": "Ask Meta", "payload": "/help"}]
    assert says.responses["utter_who"][0]["buttons"][0]["title"] == "Ask {controller}"


async def test_a_response_that_does_not_exist_is_none(tracker: DialogueStateTracker) -> None:
    assert await wording({}).generate("utter_nothing", tracker, "chat") is None


async def test_slots_fill_nothing_by_themselves() -> None:
    """Only what an action gives is said: a slot holds what has not been checked yet."""
    slot = AnySlot("told", [{"type": "custom"}], influence_conversation=False)
    slot.value = "from the slot"
    says = wording({"utter_told": [{"text": "You wrote {told}."}]})
    with pytest.raises(KeyError):
        await says.generate("utter_told", DialogueStateTracker("ana", [slot]), "chat")


def test_a_demo_says_that_it_is_one_and_that_nothing_is_sent() -> None:
    said = sentences(settings(operator_role="demo", controller_name="Example"))
    assert said["who_runs"] == "This is a demo. It is not run by Example."
    assert said["where_it_goes"].endswith("Nothing is sent to Example.")


def test_a_demo_names_whoever_runs_it() -> None:
    said = sentences(settings(operator_name="A Library"))
    assert said["who_runs"] == "This is a demo run by A Library. It is not run by Meta."


def test_the_controller_says_that_it_runs_the_chat_and_takes_the_objection() -> None:
    changed = {"operator_role": "controller", "controller_name": "Example"}
    said = sentences(settings(**changed))
    assert said["who_runs"] == "This chat is run by Example."
    assert said["where_it_goes"] == "What you file here is your objection to Example."
    assert "demo" not in json.dumps(said)


@pytest.mark.parametrize("role", ["demo", "controller", "helper"])
@pytest.mark.parametrize("name", ["say_welcome", "say_ask_objection_confirmed", "say_file_done"])
async def test_who_runs_it_and_where_it_goes_is_said_when_it_matters(
    tracker: DialogueStateTracker, name: str, role: Any
) -> None:
    says = Wording(settings=settings(operator_role=role))
    given = dict.fromkeys(("summary", "objections", "promise", "reference"), "-")
    said = await says.generate(name, tracker, "chat", **given)
    assert said is not None
    assert sentences(settings(operator_role=role))["where_it_goes"] in said["text"]


PROMISE = "You will get an answer by 27 December 2024."
# Each response with a promise, and what the action gives beside it.
PROMISING = {
    "say_file_done": {"objections": "- OBJ-1", "reference": "OBJ-1"},
    "say_file_done_several": {"objections": "- OBJ-1", "count": "2"},
    "say_status": {"reference": "OBJ-1", "received": "25 November 2024", "accounts": "one account",
                   "state": "It waits to be handled.", "letter": "", "address": ""},
}


def test_no_other_response_promises_anything() -> None:
    named = {name for name, variants in RESPONSES if "{promise}" in json.dumps(variants)}
    assert named == set(PROMISING)


@pytest.mark.parametrize("name", PROMISING)
async def test_the_controller_promises_an_answer(tracker: DialogueStateTracker, name: str) -> None:
    says = Wording(settings=settings(operator_role="controller"))
    said = await says.generate(name, tracker, "chat", **PROMISING[name], promise=PROMISE)
    assert said is not None
    assert said["text"].endswith(f"What you file here is your objection to Meta. {PROMISE}")


@pytest.mark.parametrize("name", PROMISING)
async def test_nobody_but_the_controller_promises_an_answer(
    tracker: DialogueStateTracker, name: str
) -> None:
    says = Wording(settings=settings(operator_role="demo"))
    said = await says.generate(name, tracker, "chat", **PROMISING[name], promise=PROMISE)
    assert said is not None
    assert "answer" not in said["text"]
    assert "27 December" not in said["text"]
    assert said["text"].endswith("Nothing is sent to Meta.")


def test_a_helper_says_that_it_sends_a_letter_and_that_it_is_not_the_platform() -> None:
    said = sentences(
        settings(operator_role="helper", operator_name="Aid", objection_form_url="https://f.example")
    )
    assert said["who_runs"] == "This chat is run by Aid. It is not run by Meta."
    assert "sent to Meta as a letter in your name" in said["where_it_goes"]
    assert said["where_it_goes"].endswith("https://f.example")


async def test_only_a_helper_tells_of_a_letter(tracker: DialogueStateTracker) -> None:
    given = {**PROMISING["say_status"], "letter": "The letter was sent.", "promise": ""}
    for role, told in (("helper", True), ("demo", False), ("controller", False)):
        says = Wording(settings=settings(operator_role=role))  # type: ignore[arg-type]
        said = await says.generate("say_status", tracker, "chat", **given)
        assert said is not None
        assert ("The letter was sent." in said["text"]) is told


@pytest.mark.parametrize("name", sorted(_FIRST_WORDS.values()))
async def test_the_first_words_of_what_can_be_done_need_no_values(
    tracker: DialogueStateTracker, name: str
) -> None:
    """One question at the command line has no action behind it."""
    said = await Wording(settings=settings()).generate(name, tracker, "ask")
    assert said is not None and said["text"]


def test_what_is_empty_takes_its_blank_along_and_what_a_person_wrote_keeps_its_own() -> None:
    assert fill("A {x} {y} B", {"x": "", "y": "1  2"}) == "A 1  2 B"


@pytest.mark.parametrize("name", PROMISING)
async def test_where_there_is_nothing_to_promise_no_gap_is_left(
    tracker: DialogueStateTracker, name: str
) -> None:
    says = Wording(settings=settings(operator_role="controller"))
    said = await says.generate(name, tracker, "chat", **PROMISING[name], promise="")
    assert said is not None
    assert said["text"].endswith("objection to Meta.")
    assert "  " not in said["text"]


def test_addresses_are_told_when_they_are_set_and_not_made_up_when_they_are_not() -> None:
    form, policy = "https://example.org/form", "https://example.org/policy"
    told = sentences(settings(objection_form_url=form, privacy_policy_url=policy,
                              controller_contact="help@example.org"))
    assert form in told["form_address"]
    assert policy in told["policy_address"]
    assert told["contact"] == "You can reach Meta at help@example.org"
    own = sentences(settings(operator_contact="us@example.org"))["contact"]
    assert own == "You can reach a person here: us@example.org"
    both = sentences(settings(operator_contact="us@example.org",
                              controller_contact="help@example.org"))["contact"]
    assert both == (
        "You can reach Meta at help@example.org, and whoever runs this chat at us@example.org"
    )

    for role in ("demo", "controller"):
        bare = sentences(settings(operator_role=role))
        assert "http" not in json.dumps(bare)
        assert "@" not in json.dumps(bare)
