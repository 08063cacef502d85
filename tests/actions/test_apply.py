"""Commands applied to a draft: what becomes of the slots, and what is said."""

from __future__ import annotations

from typing import Any

import pytest

from actions.filing.apply import apply
from actions.filing.draft import FIELDS, SKIPPED
from actions.filing.outcome import Outcome
from bot.understanding.commands import ACTS, ASKED, VALUES, Command
from bot.understanding.context import asked_for

ANA = {"platform": "instagram", "handle": "ana.s"}
FB = {"platform": "facebook", "handle": "ana.fb"}
SHOP = {"platform": "instagram", "handle": "ana.shop"}
GIVEN: dict[str, Any] = {
    "draft_id": "d", "full_name": "Ana Silva", "email": "ana@example.org", "country": "IE",
    "account": ANA, "linked_accounts": [], "unlinked_accounts": [], "reason": "",
    "objection_confirmed": None,
}  # fmt: skip


def after(asked: str, *commands: Command, answered: tuple[str, ...] = (), **slots: Any) -> Outcome:
    """The outcome at a step: all fields before it are given, and none from it on."""
    order = (*FIELDS, "objection_confirmed")
    given = {name: GIVEN.get(name) for name in order[: order.index(asked)]}
    draft = {"draft_id": "d", **dict.fromkeys(order), **given, **slots, "requested_slot": asked}
    return apply(draft, commands, asked_for(draft, "objection_form"), answered)


def at_summary(*commands: Command, **slots: Any) -> Outcome:
    """The outcome where the summary was shown."""
    return after("objection_confirmed", *commands, summary_shown=True, **slots)


def said(outcome: Outcome) -> list[str]:
    return [note.response for note in outcome.notes]


def account(one: dict[str, str], relation: str | None = None, **more: Any) -> Command:
    return Command("account", **one, relation=relation, **more)


# --- values


def test_a_value_goes_to_its_own_field_whatever_was_asked_for() -> None:
    outcome = after("full_name", Command("set", "email", "ana@example.org"))
    assert outcome.slots == {
        "email": "ana@example.org", "objection_confirmed": None, "full_name": None
    }  # fmt: skip


def test_what_was_taken_is_said_back() -> None:
    outcome = after("full_name", Command("set", "full_name", "Ana Silva"))
    assert outcome.notes[0].values == {"taken": "Name: Ana Silva."}


def test_where_the_summary_comes_next_nothing_is_said_back() -> None:
    assert said(after("reason", Command("set", "reason", "I paint."))) == []
    assert said(at_summary(Command("set", "full_name", "Ana Silvas"))) == []


def test_a_value_that_cannot_be_read_is_told_and_asked_for_again() -> None:
    outcome = after("email", Command("set", "email", "ana@home"))
    assert said(outcome) == ["say_file_problem"] and outcome.slots["email"] is None


def test_a_site_one_slip_away_from_a_common_one_is_asked_back() -> None:
    outcome = after("email", Command("set", "email", "ana@gmial.com"))
    assert outcome.slots["asked_back"] == {
        "field": "email", "kind": "email_typo", "value": "ana@gmail.com", "typed": "ana@gmial.com"
    }  # fmt: skip


@pytest.mark.parametrize(("answer", "email"), [("yes", "ana@gmail.com"), ("no", "ana@gmial.com")])
def test_the_answer_to_it_settles_the_address(answer: str, email: str) -> None:
    asked_back = {"field": "email", "kind": "email_typo", "value": "ana@gmail.com",
                  "typed": "ana@gmial.com"}
    outcome = after("email", Command(answer), asked_back=asked_back)
    assert outcome.slots["email"] == email and outcome.slots["asked_back"] is None


def test_a_second_address_beside_an_account_is_asked_back_and_overwrites_nothing() -> None:
    other = Command("set", "email", "oficina@example.com")
    outcome = after("unlinked_accounts", account(SHOP, "unlinked"), other)
    assert outcome.slots["unlinked_accounts"] == [SHOP]
    assert outcome.slots["asked_back"]["kind"] == "email_second"
    asked_back = outcome.slots["asked_back"]
    kept = after("email", Command("no"), asked_back=asked_back)
    assert kept.slots["email"] == "ana@example.org"


def test_an_address_that_corrects_the_first_one_takes_its_place() -> None:
    correction = Command("set", "email", "ana@example.net", replaces=())
    assert after("reason", correction).slots["email"] == "ana@example.net"


@pytest.mark.parametrize(("place", "code"), [("Texas", "US"), ("london", "GB"), ("Bavaria", "DE")])
def test_a_place_leads_to_its_country_by_asking_back(place: str, code: str) -> None:
    outcome = after("country", Command("region", value=place))
    assert outcome.slots["country"] is None
    assert outcome.slots["asked_back"]["value"] == code
    agreed = after("country", Command("yes"), asked_back=outcome.slots["asked_back"])
    assert agreed.slots["country"] == code


def test_a_place_that_nobody_knows_is_told() -> None:
    assert said(after("country", Command("region", value="Hogsmeade"))) == ["say_file_no_country"]


def test_words_meant_as_a_name_are_asked_back() -> None:
    outcome = after("full_name", Command("give", text="bet"))
    assert outcome.slots["full_name"] is None
    assert outcome.slots["asked_back"]["value"] == "bet"


# --- accounts


def test_the_first_account_is_the_one_to_object_for() -> None:
    outcome = after("account", account(ANA, "main"))
    assert outcome.slots["account"] == ANA


def test_linked_and_unlinked_land_where_the_person_said() -> None:
    outcome = after("linked_accounts", account(FB, "linked"), account(SHOP, "unlinked"))
    assert outcome.slots["linked_accounts"] == [FB]
    assert outcome.slots["unlinked_accounts"] == [SHOP]


def test_who_names_one_that_is_not_linked_is_not_asked_again_for_linked_ones() -> None:
    outcome = after("linked_accounts", account(SHOP, "unlinked"))
    assert outcome.slots["linked_accounts"] == []


def test_a_further_account_is_asked_about_when_its_turn_comes() -> None:
    outcome = after("account", account(ANA, "main"), account(FB, "named"))
    assert outcome.slots["mentioned_accounts"] == [FB]
    assert outcome.slots.get("linked_accounts") is None


@pytest.mark.parametrize(("answer", "linked", "apart"), [
    ("yes", [SHOP, FB], []), ("no", [SHOP], [FB]), ("dont_know", [SHOP], [FB])
])  # fmt: skip
def test_an_account_that_comes_late_is_sorted_and_the_others_stay(
    answer: str, linked: list[Any], apart: list[Any]
) -> None:
    late = at_summary(account(FB, "named"), linked_accounts=[SHOP])
    assert late.slots["linked_accounts"] is None and late.slots["mentioned_accounts"] == [FB]
    slots = {**late.draft, **late.slots, "requested_slot": "linked_accounts"}
    sorted_in = apply(slots, [Command(answer)], asked_for(slots, "objection_form"))
    assert sorted_in.slots["linked_accounts"] == linked
    assert sorted_in.all["unlinked_accounts"] == apart


def test_one_half_of_an_account_is_kept_while_the_other_is_asked_for() -> None:
    half = after("account", Command("account", platform="facebook", relation="main"))
    assert half.slots["pending_account"] == {"platform": "facebook"}
    whole = after(
        "account", Command("account", handle="ana.fb"), pending_account={"platform": "facebook"}
    )
    assert whole.slots["account"] == FB and whole.slots["pending_account"] is None


def test_half_of_a_linked_account_is_completed_as_a_linked_one() -> None:
    half = after("linked_accounts", Command("account", handle="ana.fb", relation="linked"))
    # The step stays, and asks for the other half alone (actions/filing/form.py).
    assert said(half) == [] and half.slots["linked_accounts"] is None
    pending = half.slots["pending_account"]
    whole = after(
        "linked_accounts", Command("account", platform="facebook"), pending_account=pending
    )
    assert whole.slots["linked_accounts"] == [FB]


def test_a_correction_takes_the_place_of_the_account_that_is_meant() -> None:
    new = Command("account", platform="instagram", handle="pia.sand", replaces=())
    assert at_summary(new).slots["account"] == {"platform": "instagram", "handle": "pia.sand"}
    outcome = at_summary(
        Command("account", platform="facebook", handle="ana.f", replaces=()), linked_accounts=[FB]
    )
    assert outcome.slots["linked_accounts"] == [{"platform": "facebook", "handle": "ana.f"}]
    assert "account" not in outcome.slots


def test_only_the_platform_is_corrected() -> None:
    switched = Command("account", platform="facebook", replaces=("instagram", None))
    outcome = at_summary(switched)
    assert outcome.slots["account"] == {"platform": "facebook", "handle": "ana.s"}


def test_an_account_is_taken_out() -> None:
    outcome = at_summary(Command("remove", platform="facebook"), linked_accounts=[FB, SHOP])
    assert outcome.slots["linked_accounts"] == [SHOP]
    assert said(outcome) == ["say_file_taken_off"]


def test_where_the_main_account_goes_the_next_one_takes_its_place() -> None:
    outcome = at_summary(Command("remove", handle="ana.s"), linked_accounts=[FB])
    assert outcome.slots["account"] == FB and outcome.slots["linked_accounts"] == []


def test_where_the_only_account_goes_it_is_asked_for_anew() -> None:
    assert at_summary(Command("remove", handle="ana.s")).slots["account"] is None


def test_an_account_that_is_not_in_it_is_told_to_be_missing() -> None:
    assert said(at_summary(Command("remove", handle="who"))) == ["say_file_not_in_it"]


def test_an_account_elsewhere_is_refused_with_its_reason() -> None:
    outcome = after("account", Command("account", value="Only these two.", relation="main"))
    assert outcome.notes[0].values == {"problem": "Only these two."}


# --- yes, no, and the like


def test_a_plain_yes_at_the_summary_files() -> None:
    assert at_summary(Command("yes")).slots["objection_confirmed"] is True


def test_a_yes_that_is_not_sure_files_nothing() -> None:
    outcome = at_summary(Command("yes", confidence=0.3))
    assert outcome.slots["objection_confirmed"] is None
    assert said(outcome) == ["say_file_yes_or_no"]


def test_a_yes_beside_a_change_shows_the_summary_again() -> None:
    for commands in ([Command("yes"), account(FB, "linked")], [account(FB, "linked"),
                                                               Command("yes")]):
        assert at_summary(*commands).slots["objection_confirmed"] is None


def test_a_no_at_the_summary_asks_what_to_change() -> None:
    outcome = at_summary(Command("no"))
    assert outcome.slots["summary_shown"] is None
    assert outcome.slots["objection_confirmed"] is None


@pytest.mark.parametrize("act", ["none", "no", "skip", "dont_know", "refuse"])
@pytest.mark.parametrize(("field", "value"), [
    ("country", ""), ("linked_accounts", []), ("unlinked_accounts", []), ("reason", "")
])  # fmt: skip
def test_what_is_not_needed_can_be_left_out(act: str, field: str, value: Any) -> None:
    assert after(field, Command(act)).slots[field] == value


@pytest.mark.parametrize("act", ["none", "skip", "refuse"])
@pytest.mark.parametrize("field", ["full_name", "email", "account"])
def test_what_is_needed_says_why(act: str, field: str) -> None:
    outcome = after(field, Command(act))
    assert outcome.slots[field] is None and said(outcome) == [f"say_needed_{field}"]


def test_who_gives_everything_at_once_and_says_no_others_is_not_asked_for_them() -> None:
    outcome = after("full_name", Command("set", "full_name", "Ana Silva"), account(ANA, "main"),
                    Command("none"))
    assert outcome.slots["linked_accounts"] == [] and outcome.slots["unlinked_accounts"] == []


def test_back_asks_for_the_field_before() -> None:
    outcome = after("country", Command("back"))
    assert outcome.slots == {"email": None, "objection_confirmed": None}


def test_back_leaves_out_what_was_never_asked() -> None:
    outcome = after("country", Command("back"), answered=("email",))
    assert "full_name" in outcome.slots and "email" not in outcome.slots


def test_a_field_is_asked_for_again_where_somebody_wants_it_changed() -> None:
    assert at_summary(Command("change", "email")).slots["email"] is None


@pytest.mark.parametrize("act", ["why", "where", "explain"])
@pytest.mark.parametrize("field", [*FIELDS, "objection_confirmed"])
def test_help_is_given_for_each_field_and_the_question_stands(act: str, field: str) -> None:
    outcome = after(field, Command(act))
    assert said(outcome) == [f"say_{act}_{field}"]
    assert outcome.slots == {field: None}


@pytest.mark.parametrize("act", ["stop", "start_over", "ask", "human", "status", "greet"])
def test_what_a_rule_does_is_left_to_it(act: str) -> None:
    assert after("email", Command(act)).slots == {}


@pytest.mark.parametrize("asked", [one for one in ASKED if one in FIELDS])
@pytest.mark.parametrize("act", ACTS)
def test_no_act_loses_what_was_given(act: str, asked: str) -> None:
    outcome = after(asked, Command(act, text="hm"))
    before = FIELDS[: FIELDS.index(asked)]
    lost = [name for name in before if name in outcome.slots and outcome.slots[name] is None]
    # Only these ask for something again: "back" for one thing, and a list keeps what it had.
    asked_again = {"back": before[-1:], "add": lost if "linked_before" in outcome.slots else ()}
    assert lost == list(asked_again.get(act, ()))


def test_every_command_changes_something_or_is_answered() -> None:
    # These ask something else, or say what goes without saying.
    silent = {*VALUES, "file", "yes", "no", "keep", "back"}
    for act in set(ACTS) - silent:
        outcome = after("full_name", Command(act, text="hm"))
        if outcome.slots:
            assert outcome.notes or outcome.slots.get("asked_back"), act


def test_a_yes_beside_a_complaint_files() -> None:
    outcome = at_summary(Command("complain"), Command("yes"))
    assert outcome.slots["objection_confirmed"] is True


def test_nothing_for_several_fields_leaves_them_all_empty() -> None:
    outcome = after(
        "linked_accounts",
        Command("none"),
        Command("none", "unlinked_accounts"),
        Command("none", "reason"),
        Command("yes"),
    )
    assert outcome.slots["linked_accounts"] == [] and outcome.slots["unlinked_accounts"] == []
    assert outcome.slots["reason"] == SKIPPED
    assert said(outcome) == []


def test_back_at_the_first_question_says_that_it_is_the_first() -> None:
    assert said(after("full_name", Command("back"))) == ["say_file_first"]


def test_what_is_said_of_half_an_account_counts_more_than_where_it_was_given() -> None:
    pending = {"handle": "ana.fb", "relation": "linked"}
    whole = after(
        "linked_accounts",
        Command("account", platform="facebook", relation="unlinked"),
        pending_account=pending,
    )
    assert whole.slots["unlinked_accounts"] == [FB]
