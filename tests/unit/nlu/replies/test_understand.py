"""From a message that was read to its commands: what no part says alone."""

from __future__ import annotations

from typing import Any

import pytest

from bot.nlu.replies.lines import Span
from bot.nlu.replies.model import Reading, ReadPart
from bot.nlu.replies.understand import commands
from bot.understanding.commands import Command
from bot.understanding.context import Context
from bot.understanding.scan import scan

# Words that stand for values here; any other is plain.
VALUES = {
    "facebook": "platform", "insta": "platform", "ana.k": "handle", "ana.s": "handle",
    "Kowalska": "name", "Ana": "name", "Silva": "name", "ana@example.org": "email",
}  # fmt: skip
ANA = {"full_name": "Marta Kowalsky"}


def read(*parts: tuple[str, str]) -> Reading:
    """A reading of parts, each given as its act and its words; "word/role" has a role."""
    message = scan(" ".join(word.partition("/")[0] for _, text in parts for word in text.split()))
    found, first = [], 0
    for act, text in parts:
        words = text.split()
        spans = [
            Span(first + i, first + i + 1, VALUES[value], role or None)
            for i, word in enumerate(words)
            for value, _, role in [word.partition("/")]
            if value in VALUES
        ]
        found.append(ReadPart(first, first + len(words), act, 0.9, tuple(spans)))
        first += len(words)
    return Reading(message, tuple(found))


def done(asked: str, *parts: tuple[str, str], **draft: Any) -> list[tuple[Any, ...]]:
    found = []
    for one in commands(read(*parts), Context(asked, draft)):
        about = (
            (one.platform, one.handle, one.relation)
            if one.do == "account"
            else (one.field, one.value)
        )
        found.append((one.do, *(value for value in about if value is not None)))
    return found


def test_a_platform_in_one_part_and_a_handle_in_the_next_are_one_account() -> None:
    parts = ("give", "theres a facebook one"), ("give", "not connected ana.k/unlinked")
    assert done("linked_accounts", *parts) == [("account", "facebook", "ana.k", "unlinked")]
    parts = ("give", "ana.k"), ("give", "thats insta")
    assert done("account", *parts) == [("account", "instagram", "ana.k", "main")]


def test_two_whole_accounts_stay_two() -> None:
    parts = ("give", "facebook ana.k"), ("give", "insta ana.s")
    assert len(done("linked_accounts", *parts)) == 2


def test_a_platform_beside_a_no_names_no_account() -> None:
    assert done("linked_accounts", ("none", "no only insta")) == [("none",)]
    assert done("linked_accounts", ("give", "only insta"))[0][:2] == ("account", "instagram")


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        ([("yes", "yes"), ("keep", "no dont")], [("keep",)]),
        ([("yes", "yes"), ("no", "ah sorry no")], [("no",)]),
        ([("no", "no"), ("yes", "wait yes")], [("yes",)]),
        ([("yes", "yes"), ("stop", "no forget it")], [("stop",)]),
        ([("yes", "yes"), ("none", "nothing else")], [("yes",), ("none",)]),
    ],
)
def test_a_message_that_takes_its_answer_back_means_the_last(
    parts: list[tuple[str, str]], left: list[tuple[Any, ...]]
) -> None:
    assert done("summary", *parts) == left


def test_a_value_says_more_than_the_wish_to_change_it() -> None:
    message = scan("name is wrong its Kowalska")
    parts = (
        ReadPart(0, 3, "change", 0.9, (Span(0, 1, "field", "name"),)),
        ReadPart(3, 5, "correct", 0.9, (Span(4, 5, "name"),)),
    )
    found = commands(Reading(message, parts), Context("summary", {}))
    assert [(one.do, one.field) for one in found] == [("set", "full_name")]


@pytest.mark.parametrize(
    ("said", "known", "whole"),
    [
        ("Kowalska", "Marta Kowalsky", "Marta Kowalska"),
        ("Ana", "Anna Silva", "Ana Silva"),
        ("Silva", "Marta Kowalsky", "Silva"),
        ("Ana Silva", "Marta Kowalsky", "Ana Silva"),
        ("Kowalska", "", "Kowalska"),
    ],
)
def test_a_part_of_a_name_is_spelt_anew_in_its_place(said: str, known: str, whole: str) -> None:
    assert done("summary", ("correct", said), full_name=known) == [("set", "full_name", whole)]


def test_an_address_is_set_as_it_is_written_not_as_it_is_spoken() -> None:
    message = scan("its ana at example dot org")
    part = ReadPart(0, len(message.tokens), "give", 0.9, (Span(1, 2, "email"),))
    (found,) = commands(Reading(message, (part,)), Context("email", {}))
    assert found == Command("set", "email", "ana@example.org", confidence=0.9)


FB = {"platform": "facebook", "handle": "ana.k"}
IG = {"platform": "instagram", "handle": "ana.s"}


def test_who_says_of_each_account_whether_it_is_linked_is_understood() -> None:
    parts = ("yes", "ana.k yes"), ("no", "ana.s no")
    assert done("linked_mentioned", *parts, mentioned_accounts=[FB, IG]) == [
        ("account", "facebook", "ana.k", "linked"),
        ("account", "instagram", "ana.s", "unlinked"),
    ]
    parts = ("yes", "the facebook one is"), ("no", "insta isnt")
    assert done("linked_mentioned", *parts, mentioned_accounts=[FB, IG]) == [
        ("account", "facebook", "ana.k", "linked"),
        ("account", "instagram", "ana.s", "unlinked"),
    ]


def test_an_account_of_the_draft_is_known_by_its_name_alone() -> None:
    assert done("unlinked_accounts", ("give", "ana.k stands alone"), linked_accounts=[FB]) == [
        ("account", "facebook", "ana.k", "unlinked")
    ]


def test_a_name_spelt_anew_takes_the_place_of_the_one_that_is_nearly_the_same() -> None:
    (found,) = commands(read(("correct", "its ana.k")), Context("summary", {"account": IG}))
    assert found.replaces == ("instagram", "ana.s") and found.platform == "instagram"
    assert found.relation == "main"


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        ([("yes", "and if I say yes"), ("ask", "can I take it back later")], ["ask"]),
        ([("yes", "yes"), ("ask", "how long does it take")], ["yes", "ask"]),
        ([("yes", "yes please file it all !"), ("ask", "how long")], ["yes", "ask"]),
        ([("yes", "file it all as it stands"), ("thanks", "thanks")], ["yes", "thanks"]),
    ],
)
def test_a_question_about_a_yes_is_no_yes(parts: list[tuple[str, str]], left: list[str]) -> None:
    assert [one[0] for one in done("summary", *parts)] == left


def test_an_address_counts_where_it_was_asked_for_also_beside_a_question() -> None:
    assert done("email", ("why", "ana@example.org what is it used for")) == [
        ("set", "email", "ana@example.org"),
        ("why",),
    ]
    assert done("country", ("why", "ana@example.org why")) == [("why",)]


def test_only_what_is_said_to_go_is_taken_out() -> None:
    assert done("summary", ("remove", "take facebook/removed off only insta")) == [("remove",)]
    (found,) = commands(read(("remove", "facebook/removed off only insta")), Context("summary"))
    assert found.platform == "facebook"


def test_my_reason_is_stands_before_the_reason_and_is_no_part_of_it() -> None:
    message = scan("my reason is I paint")
    part = ReadPart(0, 5, "give", 0.9, (Span(3, 5, "reason"),))
    (found,) = commands(Reading(message, (part,)), Context("reason", {}))
    assert found.value == "I paint"


def test_nothing_for_several_fields_is_said_of_each() -> None:
    message = scan("no others and no reason")
    part = ReadPart(0, 5, "none", 0.9, (Span(4, 5, "field", "reason"),))
    found = commands(Reading(message, (part,)), Context("linked_accounts", {}))
    assert [(one.do, one.field) for one in found] == [("none", None), ("none", "reason")]


def test_two_countries_are_asked_about_and_a_correction_is_not() -> None:
    message = scan("Spain or France")
    spans = (Span(0, 1, "country"), Span(2, 3, "country"))
    either = commands(Reading(message, (ReadPart(0, 3, "give", 0.9, spans),)), Context("country"))
    assert [(one.do, one.field) for one in either] == [("where", "country")]
    parts = (ReadPart(0, 1, "give", 0.9, spans[:1]), ReadPart(1, 3, "correct", 0.9, spans[1:]))
    (last,) = commands(Reading(message, parts), Context("country"))
    assert last.value == "FR"


@pytest.mark.parametrize(
    ("text", "first", "last", "name"),
    [
        ("Marcus Tell", 0, 1, "Marcus Tell"),
        ("Marta Yuezhen 林月珍", 1, 3, "Marta Yuezhen 林月珍"),
        ("Njoroge wa Kamau", 0, 1, "Njoroge"),
        ("Hello Marcus Tell", 1, 2, "Marcus Tell"),
        ("Marcus. Hello", 0, 1, "Marcus."),
    ],
)
def test_a_word_in_a_capital_beside_a_name_is_of_it(
    text: str, first: int, last: int, name: str
) -> None:
    message = scan(text)
    part = ReadPart(0, len(message.tokens), "give", 0.9, (Span(first, last, "name"),))
    (found,) = commands(Reading(message, (part,)), Context("full_name", {}))
    assert found.value is not None and found.value.rstrip(".") == name.rstrip(".")


def test_small_words_between_two_pieces_are_of_the_name() -> None:
    message = scan("Njoroge wa Kamau")
    spans = (Span(0, 1, "name"), Span(2, 3, "name"))
    (found,) = commands(
        Reading(message, (ReadPart(0, 3, "give", 0.9, spans),)), Context("full_name", {})
    )
    assert found.value == "Njoroge wa Kamau"


def test_a_pause_with_the_word_back_is_a_pause() -> None:
    assert done("country", ("wait", "my stop"), ("back", "back later")) == [("wait",)]


def test_a_known_account_that_is_said_to_be_linked_replaces_none() -> None:
    (found,) = commands(
        read(("correct", "move ana.s/linked to the others")),
        Context("summary", {"account": FB, "unlinked_accounts": [IG]}),
    )
    assert (found.relation, found.platform, found.replaces) == ("linked", "instagram", None)
