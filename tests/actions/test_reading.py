"""How a message is read in the middle of a filing: words in, slots and notes out."""

from __future__ import annotations

from typing import Any

import pytest

from actions.filing import draft
from actions.filing.reading import confirms, field_to_change, named_field, read, refuses
from actions.filing.said import Reading, Said
from bot.runtime.wording import load_said

INSTAGRAM = {"platform": "instagram", "handle": "ana.s"}
FACEBOOK = {"platform": "facebook", "handle": "ana.silva"}
GIVEN: dict[str, Any] = {
    "full_name": "Ana Silva",
    "email": "ana@example.org",
    "country": "IE",
    "account": INSTAGRAM,
    "linked_accounts": [],
    "unlinked_accounts": [],
    "reason": draft.SKIPPED,
}
ORDER = (*draft.FIELDS, "objection_confirmed")


def reading(
    asked: str | None,
    text: str,
    topic: str | None = "out_of_scope",
    confidence: float = 0.9,
    **known: Any,
) -> Reading:
    """Read `text` where `asked` is the question that stands; what comes before it is given."""
    before = ORDER[: ORDER.index(asked)] if asked else ()
    shown = {"summary_shown": asked == "objection_confirmed"}
    slots = {**{name: GIVEN[name] for name in before}, **shown, **known}
    return read(Said(text, topic, confidence, asked), slots)


def notes(read_: Reading) -> list[str]:
    return [note.response for note in read_.notes]


def filled(read_: Reading) -> dict[str, Any]:
    return {name: value for name, value in read_.slots.items() if value is not None}


# --- a reply to the question that stands ----------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "text", "value"),
    [
        ("full_name", "Ana Silva", "Ana Silva"),
        ("full_name", "my name is Ana Silva", "Ana Silva"),
        ("full_name", "O'Brien", "O'Brien"),
        ("full_name", "José Ñandú", "José Ñandú"),
        ("full_name", "李小龙", "李小龙"),
        ("full_name", "عربي", "عربي"),
        ("email", "ana@example.org", "ana@example.org"),
        ("email", "it's ana at example dot org", "ana@example.org"),
        ("country", "Ireland", "IE"),
        ("country", "I live in Spain", "ES"),
        ("account", "instagram ana.s", INSTAGRAM),
        ("account", "https://www.instagram.com/ana.s/?hl=en", INSTAGRAM),
        ("linked_accounts", "facebook ana.silva", [FACEBOOK]),
        ("unlinked_accounts", "facebook ana.silva", [FACEBOOK]),
        ("reason", "My pictures are my living.", "My pictures are my living."),
    ],
)
def test_a_valid_reply_fills_its_field(asked: str, text: str, value: Any) -> None:
    assert filled(reading(asked, text)) == {asked: value}


@pytest.mark.parametrize(
    ("asked", "text", "says"),
    [
        ("full_name", "<b>Ana</b>", "letters, spaces"),
        ("full_name", "12345", "letters, spaces"),
        ("full_name", "😀", "write your name"),
        ("email", "ana.example.org", "@ in the middle"),
        ("email", "ana@home", "not complete"),
        ("email", "ana@@example.org", "only one @"),
        ("email", "<i>ana</i>@example.org", "look like ana@example.org"),
        ("country", "Atlantis", "do not know that country"),
        ("account", "tiktok ana.s", "Facebook and Instagram"),
        ("account", "https://www.instagram.com/p/Cxyz12345/", "goes to a post"),
        ("account", "facebook ana_b", "not a username yet"),
        ("linked_accounts", "facebook ana_b", "not a username yet"),
        ("unlinked_accounts", "instagram", "username on Instagram"),
        ("reason", "x" * 2001, "2,000 characters"),
    ],
)
def test_an_invalid_reply_is_explained_and_changes_nothing_else(
    asked: str, text: str, says: str
) -> None:
    found = reading(asked, text)
    assert found.slots == {asked: None}
    (note,) = found.notes
    assert note.response == "say_file_problem"
    assert says in note.values["problem"]
    assert text not in note.values["problem"]


@pytest.mark.parametrize(
    "text", ["skip", "skpi", "no", "noen", "No thanks", "rather not say", "-", "pass"]
)
@pytest.mark.parametrize(
    ("asked", "empty"),
    [("country", ""), ("reason", ""), ("linked_accounts", []), ("unlinked_accounts", [])],
)
def test_what_is_optional_can_be_skipped(asked: str, empty: Any, text: str) -> None:
    assert reading(asked, text, "deny").slots == {asked: empty}


@pytest.mark.parametrize("text", ["No", "no thanks", "rather not say"])
@pytest.mark.parametrize("asked", ["full_name", "email", "account"])
def test_a_no_at_a_required_field_is_told_why_it_is_needed(asked: str, text: str) -> None:
    found = reading(asked, text, "deny")
    assert found.slots == {asked: None}
    assert notes(found) == ["say_file_needed"]


@pytest.mark.parametrize("asked", ["full_name", "email", "country", "account", "reason"])
def test_objecting_again_just_repeats_the_question(asked: str) -> None:
    found = reading(asked, "I want to object", "file_objection", 0.99)
    if asked == "reason":
        assert found.slots == {"reason": "I want to object"}
    else:
        assert found.slots == {asked: None}
    assert found.notes == []


def test_a_guess_that_it_is_an_objection_does_not_hide_what_is_wrong_with_a_name() -> None:
    found = reading("full_name", "Ana Silva <script>", "file_objection", 0.44)
    assert notes(found) == ["say_file_problem"]


# --- commands and questions -----------------------------------------------------------------------


@pytest.mark.parametrize("asked", ORDER)
@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("stop", "cancel"),
        ("abort", "cancel"),
        ("start over", "start_over"),
        ("help", "help"),
        ("Help please", "help"),
        ("talk to a human", "human_handoff"),
    ],
)
def test_a_command_is_left_to_the_rules_at_every_step(asked: str, text: str, topic: str) -> None:
    found = reading(asked, text, topic)
    assert (found.slots, found.notes) == ({}, [])


@pytest.mark.parametrize("asked", ORDER)
@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("when does it start?", "faq/effective_date"),
        ("will this stop ads?", "not_covered/ads"),
        ("are you a human?", "bot_challenge"),
        ("what do you do with what I write here?", "chat_privacy"),
        ("can I talk to a person?", "human_handoff"),
    ],
)
def test_a_question_in_the_middle_is_left_to_the_rules_at_every_step(
    asked: str, text: str, topic: str
) -> None:
    found = reading(asked, text, topic)
    assert (found.slots, found.notes) == ({}, [])


@pytest.mark.parametrize(
    ("text", "topic"), [("Will", "affirm"), ("Grace", "greet"), ("Joy", "thank")]
)
def test_a_name_that_looks_like_small_talk_is_a_name(text: str, topic: str) -> None:
    assert filled(reading("full_name", text, topic, 0.35)) == {"full_name": text}


@pytest.mark.parametrize("asked", ORDER)
@pytest.mark.parametrize("text", ["wait", "Wait!", "hold on a second", "one moment please"])
def test_who_wants_a_moment_has_not_stopped(asked: str, text: str) -> None:
    found = reading(asked, text, "cancel", 0.9)
    assert (found.slots, found.notes) == ({asked: None}, [])


@pytest.mark.parametrize(
    ("text", "topic"), [("abort", "cancel"), ("thank you so much", "thank"), ("no", "deny")]
)
def test_talk_is_no_handle(text: str, topic: str) -> None:
    assert filled(reading("account", text, topic)) == {}


@pytest.mark.parametrize("topic", ["greet", "faq/platforms", "out_of_scope", "cancel"])
def test_a_bare_word_is_a_handle_unless_it_is_surely_a_command(topic: str) -> None:
    found = reading("account", "bella", topic, 0.7)
    assert filled(found) == {"pending_account": {"handle": "bella"}}


@pytest.mark.parametrize("text", ["change something", "something is wrong", "edit it"])
def test_the_wish_to_change_something_is_not_mistaken_for_a_question(text: str) -> None:
    found = reading("objection_confirmed", text, "faq/announcement", 0.99)
    assert found.slots == {"objection_confirmed": None}


@pytest.mark.parametrize("field", draft.FIELDS)
def test_the_buttons_that_change_a_field_work_whatever_they_are_taken_for(field: str) -> None:
    (menu,) = load_said()["say_file_what_to_change"]
    payload = menu["buttons"][draft.FIELDS.index(field)]["payload"]
    for topic in ("faq/announcement", "not_covered/deletion", "cancel", "human_handoff"):
        found = reading("objection_confirmed", payload, topic, 0.99)
        assert found.slots == {field: None, "objection_confirmed": None}


@pytest.mark.parametrize("topic", ["faq/form_fields", "help", "cancel", "deny"])
@pytest.mark.parametrize(
    ("asked", "empty"),
    [("country", ""), ("linked_accounts", []), ("unlinked_accounts", []), ("reason", "")],
)
def test_the_buttons_that_skip_work_whatever_they_are_taken_for(
    asked: str, empty: Any, topic: str
) -> None:
    (question,) = load_said()[f"say_ask_{asked}"]
    for button in question["buttons"]:
        found = reading(asked, button["payload"], topic, 0.99)
        assert found.slots == {asked: empty}


@pytest.mark.parametrize("text", ["help", "skip", "abort", "why?"])
def test_a_command_is_no_handle_for_a_platform_that_was_named(text: str) -> None:
    topic = {"help": "help", "skip": "deny", "abort": "cancel"}.get(text, "faq/purpose")
    found = reading("account", text, topic, pending_account={"platform": "instagram"})
    assert filled(found) == {}


# --- the account, in halves -----------------------------------------------------------------------


def test_a_handle_without_its_platform_is_kept_until_the_platform_is_known() -> None:
    first = reading("account", "ana.s")
    assert filled(first) == {"pending_account": {"handle": "ana.s"}}
    assert first.notes == []
    then = reading("account", "Instagram", pending_account={"handle": "ana.s"})
    assert then.slots["account"] == INSTAGRAM
    assert then.slots["pending_account"] is None


def test_a_platform_without_a_handle_is_kept_until_the_handle_is_known() -> None:
    first = reading("account", "instagram")
    assert filled(first) == {"pending_account": {"platform": "instagram"}}
    then = reading("account", "ana.s", pending_account={"platform": "instagram"})
    assert then.slots["account"] == INSTAGRAM
    assert then.slots["pending_account"] is None


def test_a_whole_account_replaces_a_half_one() -> None:
    found = reading("account", "facebook ana.silva", pending_account={"handle": "ana.s"})
    assert found.slots["account"] == FACEBOOK
    assert found.slots["pending_account"] is None


# --- other accounts -------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["not sure", "I don't know", "idk", "maybe", "no idea"])
def test_who_is_unsure_about_linked_accounts_is_told_that_it_does_not_matter(text: str) -> None:
    found = reading("linked_accounts", text, "deny")
    assert found.slots == {"linked_accounts": []}
    assert notes(found) == ["say_file_not_sure"]


@pytest.mark.parametrize(
    "text", ["no, only facebook ana.silva", "not sure, maybe facebook ana.silva"]
)
def test_an_account_beside_a_no_or_a_maybe_is_not_lost(text: str) -> None:
    assert reading("linked_accounts", text, "deny").slots == {"linked_accounts": [FACEBOOK]}


def test_a_bare_yes_is_asked_which_accounts() -> None:
    found = reading("unlinked_accounts", "yes", "affirm")
    assert found.slots == {"unlinked_accounts": None}
    assert notes(found) == ["say_file_name_accounts"]


def test_several_accounts_are_taken_and_the_named_one_is_not_its_own_neighbour() -> None:
    found = reading("linked_accounts", "instagram ana.s, facebook ana.silva and instagram ana_b")
    others = [FACEBOOK, {"platform": "instagram", "handle": "ana_b"}]
    assert found.slots == {"linked_accounts": others}


# --- the reason -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "topic", "confidence"),
    [
        ("I will cancel my account if you do this", "not_covered/deletion", 0.44),
        ("Please stop it and cancel the use of my photos", "cancel", 0.6),
        ("because my instagram account ana.s is private", "file_objection", 0.42),
        ("It is wrong to use my account", "out_of_scope", 0.9),
        ("Facebook should change how it treats my name", "faq/impact", 0.5),
        ("Because I did not ask for help from a robot", "help", 0.9),
        ("nobody asked me", "faq/legal_basis", 0.78),
        ("I live in France and that is against the law", "faq/legal_basis", 0.7),
        ("my brother is ana@example.com and he is angry too", "out_of_scope", 0.9),
        ("It is my work. Why should they get it for free?", "faq/purpose", 0.84),
        ("😀", "out_of_scope", 1.0),
        ("<script>alert(1)</script>", "out_of_scope", 1.0),
    ],
)
def test_almost_anything_is_a_reason_and_nothing_else(
    text: str, topic: str, confidence: float
) -> None:
    assert reading("reason", text, topic, confidence).slots == {"reason": text}


@pytest.mark.parametrize("text", ["why do you want a reason?", "what counts as a reason"])
def test_a_question_at_the_reason_is_a_question(text: str) -> None:
    assert reading("reason", text, "faq/form_fields").slots == {}


def test_a_text_that_ends_in_a_clear_question_about_the_notice_is_answered() -> None:
    found = reading("reason", "I live in Ireland. When does it start?", "faq/effective_date", 0.95)
    assert found.slots == {}


# --- several details, and corrections -------------------------------------------------------------


def test_details_in_the_message_that_begins_the_filing_count() -> None:
    text = "I'm Ana Silva, ana@example.org, from Ireland, instagram ana.s, and I object"
    assert filled(reading(None, text, "file_objection")) == {
        name: GIVEN[name] for name in ("full_name", "email", "country", "account")
    }


def test_the_message_that_begins_the_filing_needs_no_details() -> None:
    found = reading(None, "I want to object", "file_objection")
    assert (found.slots, found.notes) == ({}, [])


def test_several_details_in_one_reply_are_all_taken() -> None:
    found = reading("full_name", "Ana Silva, ana@example.org, Ireland")
    assert filled(found) == {"full_name": "Ana Silva", "email": "ana@example.org", "country": "IE"}


def test_another_detail_than_the_one_asked_for_is_taken_too() -> None:
    found = reading("country", "my account is instagram ana.s")
    assert filled(found) == {"account": INSTAGRAM}
    assert "country" not in found.slots


@pytest.mark.parametrize("asked", ORDER[2:])
@pytest.mark.parametrize("text", ["sorry, my e-mail is ana2@example.org", "ana2@example.org"])
def test_an_earlier_answer_can_be_corrected_at_every_step(asked: str, text: str) -> None:
    found = reading(asked, text, "deny", 0.4)
    assert filled(found) == {"email": "ana2@example.org"}
    assert notes(found) == ["say_file_changed"]
    assert found.slots["objection_confirmed"] is None


def test_a_correction_of_the_account_is_not_one_account_more() -> None:
    found = reading("linked_accounts", "wait, I meant facebook ana.silva")
    assert filled(found) == {"account": FACEBOOK}


def test_one_account_more_is_not_a_correction() -> None:
    found = reading("linked_accounts", "wait, also facebook ana.silva")
    assert found.slots == {"linked_accounts": [FACEBOOK]}


@pytest.mark.parametrize("asked", ORDER[2:])
def test_a_field_can_be_asked_for_again_at_every_step(asked: str) -> None:
    found = reading(asked, "change my e-mail", "out_of_scope")
    assert found.slots == {"email": None, "objection_confirmed": None}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("the country is wrong", "country"),
        ("I made a mistake in my e-mail", "email"),
        ("remove my facebook account", None),
        ("change my name", "full_name"),
        ("change my e-mail", "email"),
        ("the email is wrong", "email"),
        ("update my country", "country"),
        ("change my account", "account"),
        ("wrong handle", "account"),
        ("change the linked accounts", "linked_accounts"),
        ("change the unlinked accounts", "unlinked_accounts"),
        ("there is a typo in the reason", "reason"),
        ("my name is not correct", "full_name"),
        ("chnage my name", "full_name"),
        ("chage the emial", None),
        ("my name is correct", None),
        ("my email is fine", None),
        ("yes", None),
    ],
)
def test_the_field_that_should_change_is_recognised(text: str, field: str | None) -> None:
    assert field_to_change(text) == field


def test_a_question_about_a_change_is_a_question() -> None:
    text = "what happens when I change my account name?"
    assert reading("country", text, "faq/impact", 0.8).slots == {}


def test_a_bare_word_is_an_unknown_country_whatever_topic_it_looks_like() -> None:
    found = reading("country", "Atlantis", "faq/form_link", 0.9)
    assert found.slots == {"country": None}
    assert notes(found) == ["say_file_problem"]


# --- the summary ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("yes", "affirm"),
        ("Yes!", "affirm"),
        ("ok", "affirm"),
        ("yes, file it", "affirm"),
        ("yes please do", "affirm"),
        ("looks good", "out_of_scope"),
        ("I confirm", "out_of_scope"),
        ("yes plz", "affirm"),
        ("that's correct", "deny"),
        ("ok go ahead", "affirm"),
        ("just do it", "out_of_scope"),
        ("alright, fine", "affirm"),
        ("Yes, file it", "affirm"),
    ],
)
def test_a_plain_yes_confirms(text: str, topic: str) -> None:
    assert confirms(text)
    assert reading("objection_confirmed", text, topic).slots == {"objection_confirmed": True}


@pytest.mark.parametrize(
    "text",
    [
        "maybe", "yes but my name is wrong", "yes, but not yet", "yes?", "wait", "not sure",
        "ok wait", "yes if it is free", "yes unless it costs something", "I think so", "no", "nope",
        "don't file it", "do not do that", "sure, later", "yesterday I changed my mind", "hm", "👍",
        "yes after I asked my wife", "ok, first tell me more", "yes I have one question",
        "sure why", "yes who reads this", "yes tomorrow", "ok I see", "yes I know", "is it ok",
        "yes that is my name", "yes with a reason", "yes it is for my mother",
        "yes send it to Meta",
    ],
)
def test_anything_less_than_a_yes_does_not_confirm(text: str) -> None:
    # Even when it was taken for a yes.
    assert not confirms(text)
    found = reading("objection_confirmed", text, "affirm", 0.4)
    assert not found.slots.get("objection_confirmed")


@pytest.mark.parametrize("text", ["maybe", "hm, perhaps", "I'm not quite sure yet", "let me think"])
def test_hesitating_at_the_summary_is_no_wish_to_stop(text: str) -> None:
    found = reading("objection_confirmed", text, "cancel", 0.95)
    assert found.slots == {"objection_confirmed": None}
    assert notes(found) == ["say_file_yes_or_no"]


@pytest.mark.parametrize("asked", [name for name in ORDER if name != "reason"])
@pytest.mark.parametrize(
    ("text", "topic"),
    [("cancel", "cancel"), ("stop this please", "cancel"), ("forget it", "cancel"),
     ("start over", "start_over"), ("ok restart from the beginning", "start_over")],
)
def test_a_plain_command_to_stop_is_left_to_the_rule_for_it(
    asked: str, text: str, topic: str
) -> None:
    assert reading(asked, text, topic, 0.95).slots == {}


@pytest.mark.parametrize(
    "text",
    ["not now, maybe tonight", "ok maybe later", "too many questions", "keep it for another day"],
)
@pytest.mark.parametrize("asked", ["country", "linked_accounts", "objection_confirmed"])
def test_less_than_a_command_throws_no_answer_away(asked: str, text: str) -> None:
    found = reading(asked, text, "cancel", 0.95)
    assert found.slots == {asked: None}
    assert notes(found) == ["say_file_stop"]


@pytest.mark.parametrize(
    ("text", "topic"),
    [("it is creepy", "cancel"), ("stop it", "cancel"), ("it starts all over again", "start_over"),
     ("it belongs to me", "check_status"), ("that is unfair", "deny"),
     ("I never wanted it", "deny")],
)
def test_in_the_place_of_a_reason_almost_anything_is_one(text: str, topic: str) -> None:
    assert reading("reason", text, topic, 0.95).slots == {"reason": text}


def test_a_yes_is_no_reason() -> None:
    found = reading("reason", "yes", "affirm", 0.95)
    assert (found.slots, notes(found)) == ({"reason": None}, ["say_file_which_reason"])


@pytest.mark.parametrize("text", ["no, I don't have one", "prefer not to say", "just file it"])
def test_a_reason_can_be_left_out_in_other_words(text: str) -> None:
    assert reading("reason", text, "deny", 0.9).slots == {"reason": draft.SKIPPED}


@pytest.mark.parametrize("text", ["move on", "ok just file it", "next"])
def test_whoever_goes_on_has_no_further_accounts(text: str) -> None:
    assert reading("unlinked_accounts", text, "out_of_scope").slots == {"unlinked_accounts": []}


@pytest.mark.parametrize("asked", ["unlinked_accounts", "objection_confirmed"])
def test_an_account_is_taken_off_the_list_it_is_on(asked: str) -> None:
    text = "that looks wrong, remove facebook ana.silva"
    found = reading(asked, text, linked_accounts=[FACEBOOK])
    assert found.slots == {"linked_accounts": [], "objection_confirmed": None}
    assert notes(found) == ["say_file_taken_off"]
    # One that is on no list is not made the account that is filed for.
    assert reading(asked, text, linked_accounts=[]).slots == {asked: None}


def test_a_name_that_looks_like_a_command_is_a_name() -> None:
    assert filled(reading("full_name", "Ben Cancel", "cancel", 0.9)) == {"full_name": "Ben Cancel"}


def test_an_address_among_questions_for_accounts_corrects_the_address() -> None:
    found = reading("linked_accounts", "oh and my mail is ana2@example.org", "out_of_scope")
    assert found.slots["email"] == "ana2@example.org"


def test_a_yes_with_a_correction_shows_the_summary_again() -> None:
    found = reading("objection_confirmed", "yes but my e-mail is ana2@example.org", "affirm")
    assert found.slots == {"email": "ana2@example.org", "objection_confirmed": None}


@pytest.mark.parametrize("text", ["no", "that's wrong", "not sure"])
def test_a_no_at_the_summary_refuses_it(text: str) -> None:
    assert refuses(text, "deny")


@pytest.mark.parametrize("text", ["change something", "Something is wrong.", "edit it please"])
def test_wanting_to_change_something_refuses_the_summary(text: str) -> None:
    assert refuses(text, "out_of_scope")


@pytest.mark.parametrize(
    "text",
    ["no, my e-mail is ana2@example.org", "no, change my name", "no, my country is France",
     "no, my name is Ana Maria Silva"],
)
def test_a_no_that_says_what_should_be_different_is_not_asked_what(text: str) -> None:
    assert not refuses(text, "deny")


# --- hostile texts --------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [None, *ORDER])
@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\n", "😀" * 300, "a" * 5000, "@" * 500, "{x} %s {0[", "\u202e\u200b", "/cancel",
     "<img src=x onerror=alert(1)>", "'; DROP TABLE objection; --", "ana@" * 100,
     "instagram " * 90],
)
def test_no_text_breaks_the_reading_or_confirms(asked: str | None, text: str) -> None:
    found = reading(asked, text)
    assert found.slots.get("objection_confirmed") is not True


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("my name", "full_name"),
        ("The e-mail address please", "email"),
        ("country", "country"),
        ("the linked accounts", "linked_accounts"),
        ("my facebook account", "account"),
        ("name of the game", None),
        ("", None),
    ],
)
def test_the_bare_name_of_a_field_is_an_answer_to_what_to_change(
    text: str, field: str | None
) -> None:
    assert named_field(text) == field


def test_a_yes_after_what_to_change_files_nothing() -> None:
    for yes in ("yes", "ok", "correct", "yes, file it"):
        said = Said(yes, "affirm", 1.0, "objection_confirmed")
        assert read(said, {**GIVEN, "summary_shown": None}).slots == {"objection_confirmed": None}


@pytest.mark.parametrize("text", ["i changed my mind, dont do it", "no wait dont file it yet"])
def test_a_wish_to_stop_is_no_reason(text: str) -> None:
    found = reading("reason", text, "out_of_scope")
    assert found.slots == {"reason": None}
    assert [note.response for note in found.notes] == ["say_file_stop"]


@pytest.mark.parametrize(
    "text", ["no, but my wife has instagram sue_lee", "my sister has facebook sis.lee"]
)
def test_somebody_else_s_account_is_not_filed(text: str) -> None:
    found = reading("linked_accounts", text)
    assert found.slots == {"linked_accounts": None}
    assert [note.response for note in found.notes] == ["say_file_own_accounts"]


def test_what_is_said_not_to_be_linked_is_filed_on_its_own() -> None:
    found = reading("linked_accounts", "facebook ana.silva but it is not linked")
    assert found.slots == {"linked_accounts": [], "unlinked_accounts": [FACEBOOK]}


MENTIONED = {**GIVEN, "account": None, "linked_accounts": None, "unlinked_accounts": None}


def test_a_second_account_is_kept_and_asked_about() -> None:
    said = Said("my insta is ana.s and facebook is ana.silva", None, 0.0, "account")
    found = read(said, MENTIONED)
    assert found.slots["account"] == INSTAGRAM
    assert found.slots["mentioned_accounts"] == [FACEBOOK]


@pytest.mark.parametrize(
    ("text", "topic", "linked", "unlinked"),
    [
        ("yes", "affirm", [FACEBOOK], None),
        ("no", "deny", [], [FACEBOOK]),
        ("not sure", "out_of_scope", [], [FACEBOOK]),
    ],
)
def test_an_account_that_was_named_before_is_sorted(
    text: str, topic: str, linked: list[Any], unlinked: list[Any] | None
) -> None:
    draft_so_far = {**MENTIONED, "account": INSTAGRAM, "mentioned_accounts": [FACEBOOK]}
    found = read(Said(text, topic, 1.0, "linked_accounts"), draft_so_far)
    assert found.slots["linked_accounts"] == linked
    assert found.slots.get("unlinked_accounts") == unlinked
    assert found.slots["mentioned_accounts"] is None


def test_one_more_account_at_the_summary_is_not_dropped_in_silence() -> None:
    found = reading("objection_confirmed", "i also have facebook ana.silva", "file_objection")
    assert found.slots == {"objection_confirmed": None}
    assert [note.response for note in found.notes] == ["say_file_one_more"]


def test_a_question_with_stop_in_it_throws_nothing_away() -> None:
    assert reading("full_name", "so is meta going to stop now", "cancel", 0.95).slots


@pytest.mark.parametrize("asked", ORDER)
@pytest.mark.parametrize("topic", ["affirm", "cancel", "start_over"])
@pytest.mark.parametrize(
    "again",
    ["do it ", "file it ", "send it ", "its ", "it's all right ", "lets ", "start over ",
     "stop it ", "please ", "thank you ", "!!!thanks", " :) ", "i am sure ",
     "maybe, i'm not sure yet "],
)
def test_no_reply_is_read_for_ever(asked: str, topic: str, again: str) -> None:
    # A pattern that such a text fits in two ways would try all of them: the test would not end.
    reading(asked, again * (900 // len(again)) + "x", topic)


# --- a way back -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "before"), list(zip(ORDER[1:], ORDER[:-1], strict=True)))
def test_going_back_asks_the_question_before_again(asked: str, before: str) -> None:
    read_ = reading(asked, "go back", "withdraw_objection")
    assert read_.slots == {before: None, "objection_confirmed": None}
    assert notes(read_) == []


@pytest.mark.parametrize("text", ["back", "Back please", "previous question", "go back one step."])
def test_going_back_can_be_said_in_several_ways(text: str) -> None:
    assert reading("reason", text).slots == {"unlinked_accounts": None, "objection_confirmed": None}


@pytest.mark.parametrize("text", ["I want my pictures back", "take it back", "they go back on it"])
def test_a_reason_with_the_word_back_in_it_is_a_reason(text: str) -> None:
    assert filled(reading("reason", text)) == {"reason": text}


def test_before_the_first_question_there_is_none() -> None:
    assert reading("full_name", "Back").slots != {"reason": None, "objection_confirmed": None}
