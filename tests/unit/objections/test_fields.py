from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given

from bot.objections import countries
from bot.objections.countries import country_name
from bot.objections.errors import StorageError, UnknownReference
from bot.objections.fields import parse_country, parse_email, parse_full_name, parse_reason
from tests.unit.objections.hostile import (
    HOSTILE,
    parsed_or_refused,
    refused_as,
    refused_in_plain_words,
    texts,
)

PARSERS: dict[str, Callable[[str], object]] = {
    "full_name": parse_full_name,
    "email": parse_email,
    "country": parse_country,
    "reason": parse_reason,
}


# --- every field --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("name", ["full_name", "email", "country"])
def test_hostile_text_is_refused_in_plain_words(name: str, text: str) -> None:
    refused_in_plain_words(PARSERS[name], name, text)


@pytest.mark.parametrize("name", PARSERS)
@given(text=texts)
def test_nothing_but_a_field_error_is_ever_raised(name: str, text: str) -> None:
    value = parsed_or_refused(PARSERS[name], text)
    if isinstance(value, str):
        assert PARSERS[name](value) == value
        assert value.isprintable() or name in ("reason", "full_name")


def test_errors_of_the_service_say_what_became_of_the_objection() -> None:
    assert "nothing has been filed" in StorageError().sentence
    assert UnknownReference().code == "reference_unknown"


# --- full name ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Ana   Silva ", "Ana Silva"),
        ("Ana Silva.", "Ana Silva"),
        ("Madonna", "Madonna"),
        ("李", "李"),
        ("O’Brien", "O’Brien"),
        ("Jean-Luc d'Arc", "Jean-Luc d'Arc"),
        ("J.R.R. Tolkien", "J.R.R. Tolkien"),
        ("Martin Luther King, Jr.", "Martin Luther King Jr."),
        ("Gal·la Puig", "Gal·la Puig"),
        ("प्रिया शर्मा", "प्रिया शर्मा"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("ANA SILVA", "ANA SILVA"),
        ("bell Hooks", "bell Hooks"),
        ("Jose\u0301 Silva", "José Silva"),
        ("Ana\u200b Sil\u202eva", "Ana Silva"),
    ],
)
def test_a_name_keeps_its_spelling(typed: str, name: str) -> None:
    assert parse_full_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ana silva", "Ana Silva"),
        ("vincent van gogh", "Vincent van Gogh"),
        ("maria de la cruz", "Maria de la Cruz"),
        ("van morrison", "Van Morrison"),
        ("shane o'brien", "Shane O'Brien"),
        ("anne-marie mccartney", "Anne-Marie McCartney"),
        ("madonna", "madonna"),
    ],
)
def test_a_name_of_several_words_without_capitals_gets_them(typed: str, name: str) -> None:
    assert parse_full_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("A", "name_too_short"),
        ("a" * 101, "name_too_long"),
        ("Ana1", "name_characters"),
        ("ana@example.org", "name_characters"),
        ("www.example.org", "name_characters"),
        ("Example.com", "name_characters"),
        ("<b>Ana</b>", "name_characters"),
        ("---", "name_characters"),
    ],
)
def test_what_cannot_be_a_name_is_refused(typed: str, code: str) -> None:
    assert refused_as(parse_full_name, typed) == code


# --- e-mail -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "ana@example.org",
        " ana@EXAMPLE.org. ",
        "<ana@example.org>,",
        "mailto:ana@example.org?subject=Hi",
        "Ana Silva <ana@example.org>",
        "ana at example dot org",
        "ana (at) example (dot) org",
        "ana [at] example.org",
        "ana＠example.org",
    ],
)
def test_one_address_has_many_spellings(typed: str) -> None:
    assert parse_email(typed) == "ana@example.org"


def test_international_and_test_domains_are_addresses() -> None:
    assert parse_email("Ana@BÜCHER.example.org") == "Ana@bücher.example.org"
    assert parse_email("ana@mail.test") == "ana@mail.test"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("ana.example.org", "email_no_at"),
        ("ana@", "email_no_domain"),
        ("ana@example", "email_no_domain"),
        ("ana silva@example.org", "email_space"),
        ("ana@example@example.org", "email_two_ats"),
        ("@example.org", "email_invalid"),
        ("ana..s@example.org", "email_invalid"),
        ("a" * 60 + "@" + "b.example." * 30 + "org", "email_invalid"),
        ("ünï@example.org", "email_unmailable"),
        ("=?utf-8?q?a?=@example.org", "email_unmailable"),
        ("a=?utf-8?b?YQ==?=@example.org", "email_unmailable"),
    ],
)
def test_the_usual_slips_in_an_address_have_their_own_words(typed: str, code: str) -> None:
    assert refused_as(parse_email, typed) == code


# --- country ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(countries.CODES))
def test_every_country_is_known_by_its_code_and_its_name(code: str) -> None:
    assert parse_country(code) == code
    assert parse_country(country_name(code)) == code
    assert parse_country(f"I live in {country_name(code)}.") == code


def test_every_demonym_leads_to_a_country() -> None:
    assert set(countries._demonyms().values()) <= countries.CODES


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("spain", "ES"),
        ("España", "ES"),
        ("Deutschland", "DE"),
        ("日本", "JP"),
        ("भारत", "IN"),
        ("de", "DE"),
        ("gbr", "GB"),
        ("uk", "GB"),
        ("U.S.A.", "US"),
        ("the US", "US"),
        ("uae", "AE"),
        ("holland", "NL"),
        ("the netherlands", "NL"),
        ("England", "GB"),
        ("scotland", "GB"),
        ("wales", "GB"),
        ("Czechia", "CZ"),
        ("turkey", "TR"),
        ("ivory coast", "CI"),
        ("Irish", "IE"),
        ("i am german", "DE"),
        ("I'm a Brazilian citizen", "BR"),
        ("I live in Spain", "ES"),
        ("I'm from Ireland", "IE"),
        ("in Germany", "DE"),
        ("I’m living in Dublin, Ireland at the moment", "IE"),
        ("Berlin, DE", "DE"),
        ("Spain please", "ES"),
        ("germny", "DE"),
        ("swizerland", "CH"),
        ("I live in NO", "NO"),
    ],
)
def test_a_country_has_many_names(typed: str, code: str) -> None:
    assert parse_country(typed) == code


@pytest.mark.parametrize("word", "no No so me to na hm um".split())
def test_a_short_answer_is_not_a_code(word: str) -> None:
    assert refused_as(parse_country, word) == "country_unknown"


@pytest.mark.parametrize("word", "no in it is me so to at be us my".split())
def test_a_small_word_in_a_sentence_is_not_a_code(word: str) -> None:
    assert refused_as(parse_country, f"i think {word} here") == "country_unknown"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Atlantis", "country_unknown"),
        ("austrlia", "country_unknown"),
        ("not in Germany", "country_unknown"),
        ("I don't live in Spain", "country_unknown"),
        ("Spain or France", "country_several"),
        ("Spain, France", "country_several"),
    ],
)
def test_an_unclear_country_is_asked_again(typed: str, code: str) -> None:
    assert refused_as(parse_country, typed) == code


def test_a_code_outside_the_list_has_no_name() -> None:
    with pytest.raises(KeyError):
        country_name("EU")


# --- reason -------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["", "  ", "\x00", "...", "no", "No reason.", "skip", "none"])
def test_no_reason_is_none_given(typed: str) -> None:
    assert parse_reason(typed) is None


def test_a_reason_stays_as_it_was_typed() -> None:
    typed = "My photos are <b>mine</b>.\n\nThat's all 👩\u200d👧"
    assert parse_reason(f"  {typed}\x07\u202e ") == typed


def test_a_reason_ends_at_two_thousand_characters() -> None:
    assert parse_reason("a" * 2000) == "a" * 2000
    assert refused_as(parse_reason, "a" * 2001) == "reason_too_long"
