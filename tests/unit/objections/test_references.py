from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.objections.errors import FieldError
from bot.objections.references import find_reference, new_reference, parse_reference

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_SYMBOLS = SYMBOLS + "*~$=U"

random_references = st.binary(min_size=10, max_size=10).map(
    lambda eighty_bits: new_reference(lambda size: eighty_bits[:size])
)


def refused_as(text: str) -> str:
    with pytest.raises(FieldError) as caught:
        parse_reference(text)
    return caught.value.code


def test_a_known_number_gives_a_known_reference() -> None:
    # 37 leaves no remainder; in base32 it is 15.
    assert new_reference(lambda size: (37).to_bytes(size, "big")) == "OBJ-0000-0000-0000-0015-0"


def test_a_reference_never_ends_in_a_sign_that_looks_like_punctuation() -> None:
    # 32 to 36 would end in *, ~, $, = or U: the next number without one is taken.
    for number in range(32, 37):
        drawn = number.to_bytes(10, "big")
        assert new_reference(lambda size, drawn=drawn: drawn) == "OBJ-0000-0000-0000-0015-0"


def test_two_new_references_differ() -> None:
    assert new_reference() != new_reference()


@given(random_references)
def test_a_reference_is_shown_in_groups(reference: str) -> None:
    group = f"[{SYMBOLS}]{{4}}"
    assert re.fullmatch(rf"OBJ(-{group}){{4}}-[{re.escape(CHECK_SYMBOLS)}]", reference)


@given(random_references)
def test_a_reference_reads_back_as_itself(reference: str) -> None:
    assert parse_reference(reference) == reference


@given(random_references)
def test_case_spacing_and_missing_dashes_do_not_matter(reference: str) -> None:
    bare = reference.replace("-", "")
    for typed in (
        reference.lower(),
        bare,
        bare.lower(),
        bare[3:],
        reference.replace("-", " "),
        reference.replace("-", "\u2013"),
        f"  {' '.join(bare)}\n",
        f"#{reference}.",
    ):
        assert parse_reference(typed) == reference


@given(random_references)
def test_lookalike_letters_are_read_as_the_digits_they_look_like(reference: str) -> None:
    body = reference[4:]
    assert parse_reference("obj-" + body.replace("0", "o").replace("1", "l")) == reference
    assert parse_reference("0BJ-" + body.replace("0", "O").replace("1", "I")) == reference


@given(random_references, st.integers(0, 16), st.sampled_from(CHECK_SYMBOLS))
def test_one_wrong_character_is_caught(reference: str, place: int, wrong: str) -> None:
    body = reference.replace("-", "")[3:]
    mistyped = body[:place] + wrong + body[place + 1 :]
    if mistyped == body:
        assert parse_reference(mistyped) == reference
    else:
        assert refused_as("OBJ" + mistyped) in ("reference_mistyped", "reference_incomplete")


@given(random_references, st.integers(0, 14))
def test_two_swapped_neighbours_are_caught(reference: str, place: int) -> None:
    body = reference.replace("-", "")[3:]
    swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
    if swapped != body:
        assert refused_as("OBJ" + swapped) == "reference_mistyped"


@pytest.mark.parametrize("text", ["", "OBJ-1234", "my objection", "x" * 5000, "\ud800"])
def test_what_is_too_short_or_too_long_is_called_incomplete(text: str) -> None:
    assert refused_as(text) == "reference_incomplete"


@given(random_references, st.sampled_from(SYMBOLS))
def test_one_character_too_many_is_caught(reference: str, extra: str) -> None:
    assert refused_as(reference + extra) == "reference_incomplete"


@given(random_references)
def test_a_reference_is_found_inside_a_sentence(reference: str) -> None:
    for sentence in (
        f"what happened to {reference}?",
        f"hi, {reference.lower()} thanks",
        f"my number ({reference.replace('-', ' ')}) please",
        f"it is {reference[4:]}",
    ):
        assert find_reference(sentence) == reference


@pytest.mark.parametrize(
    "text", ["", "where is my objection", "OBJ-0000-0000-0000-0015-1", "OBJ-0000-0000-0000-0015 ok"]
)
def test_nothing_is_found_where_no_sound_reference_stands(text: str) -> None:
    assert find_reference(text) is None


def test_a_mistyped_reference_in_a_sentence_is_called_mistyped() -> None:
    assert refused_as("where is OBJ-0000-0000-0000-0015-1 now") == "reference_mistyped"


@given(st.text(max_size=300))
def test_no_text_breaks_the_readers(text: str) -> None:
    found = find_reference(text)
    assert found is None or parse_reference(found) == found
    try:
        reference = parse_reference(text)
    except FieldError as error:
        assert error.field == "reference"
    else:
        assert parse_reference(reference) == reference
