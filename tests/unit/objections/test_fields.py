from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.objections import countries
from bot.objections.errors import FieldError, StorageError, UnknownReference
from bot.objections.fields import (
    Account,
    country_name,
    parse_account,
    parse_accounts,
    parse_country,
    parse_email,
    parse_full_name,
    parse_reason,
)

HOSTILE = {
    "nothing": "",
    "blanks": " \t\n\u00a0\u3000 ",
    "emoji only": "😀🎉",
    "very long": "x" * 5000,
    "markup": "<script>alert(1)</script>",
    "control characters": "\x00\x01\x1b",
    "lone surrogate": "\ud800",
    "bidi override": "\u202e\u2066",
    "zero width": "\u200b\u200d\ufeff",
}

# Text made of the pieces the parsers look for goes deeper into them than random letters do.
PIECES = [
    *("@", ".", "_", "/", ",", ":", "(", ")", " ", "\n", "-", "'", "’", "<", ">", "?", "=", "&"),
    *("facebook", "insta", " instagram ", " fb ", "facebook.com/", "https://", "profile.php?id="),
    *("ana", "ana.s", "ana_b", " and ", " is ", " at ", " dot ", "mailto:", ".org", "example"),
    *("Spain", "no", " the ", "i live in ", "1000123", "xn--", "ß", "İ", "\u0301", "ſ", "\u200c"),
    *("van ", "mc", "o'", "www.", "%00", "%", "[", "]", "://", "٣", "\ud800", "\x00", "people/"),
]
texts = st.text(max_size=80) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)

PARSERS: dict[str, Callable[[str], object]] = {
    "full_name": parse_full_name,
    "email": parse_email,
    "country": parse_country,
    "account": parse_account,
    "accounts": parse_accounts,
    "reason": parse_reason,
}


def refused_as(parse: Callable[..., object], *given_values: str) -> str:
    with pytest.raises(FieldError) as caught:
        parse(*given_values)
    return caught.value.code


# --- every field --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("name", ["full_name", "email", "country", "account", "accounts"])
def test_hostile_text_is_refused_in_plain_words(name: str, text: str) -> None:
    with pytest.raises(FieldError) as caught:
        PARSERS[name](text)
    error = caught.value
    assert error.field == name.removesuffix("s")
    assert error.sentence.endswith((".", "?"))
    assert "!" not in error.sentence
    assert not text.strip() or text not in error.sentence


@pytest.mark.parametrize("name", PARSERS)
@given(text=texts)
def test_nothing_but_a_field_error_is_ever_raised(name: str, text: str) -> None:
    try:
        value = PARSERS[name](text)
    except FieldError as error:
        assert error.code and error.sentence
        assert str(error) == error.code
    else:
        if isinstance(value, str):
            assert PARSERS[name](value) == value
            assert value.isprintable() or name in ("reason", "full_name")


@given(texts)
def test_a_parsed_account_survives_storage_and_retyping(text: str) -> None:
    try:
        accounts = parse_accounts(text, "instagram")
    except FieldError:
        return
    for account in accounts:
        assert Account.from_dict(account.as_dict()) == account
        assert parse_account("@" + account.handle, account.platform) == account


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


# --- accounts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("https://www.facebook.com/ana.silva/", "ana.silva on Facebook"),
        ("http://m.facebook.com/Ana.Silva?ref=x", "ana.silva on Facebook"),
        ("web.facebook.com/ana.silva", "ana.silva on Facebook"),
        ("fb.com/ana.silva", "ana.silva on Facebook"),
        ("fb.me/ana.silva", "ana.silva on Facebook"),
        ("facebook.com/profile.php?id=1000123&sk=about", "1000123 on Facebook"),
        ("https://facebook.com/people/Ana-Silva/1000123/", "1000123 on Facebook"),
        ("https://facebook.com/p/Ana-Silva-1000123/", "1000123 on Facebook"),
        ("facebook.com/ana.silva/about", "ana.silva on Facebook"),
        ("instagram.com/ana.s?igshid=1", "ana.s on Instagram"),
        ("https://instagr.am/ana.s/", "ana.s on Instagram"),
        ("(https://www.instagram.com/ana.s/).", "ana.s on Instagram"),
        ("@ana.s on insta", "ana.s on Instagram"),
        ("instagram ana.s", "ana.s on Instagram"),
        ("ana.s (instagram)", "ana.s on Instagram"),
        ("insta: @ana.s", "ana.s on Instagram"),
        ("insta:@Ana.S", "ana.s on Instagram"),
        ("ana.s@instagram", "ana.s on Instagram"),
        ("ana.s on instagram.com", "ana.s on Instagram"),
        ("fb ana.silva.5", "ana.silva.5 on Facebook"),
        ("my facebook is ana.silva", "ana.silva on Facebook"),
        ("my username on facebook is anasilva, thanks", "anasilva on Facebook"),
    ],
)
def test_an_account_has_many_spellings(typed: str, label: str) -> None:
    assert parse_account(typed).label == label


def test_the_platform_said_in_the_text_counts_before_the_one_asked_about() -> None:
    assert parse_account("ana.s", "instagram") == Account("instagram", "ana.s")
    assert parse_account("ana.s", "Facebook") == Account("facebook", "ana.s")
    assert parse_account("fb ana.s", "instagram") == Account("facebook", "ana.s")


def test_a_handle_without_a_platform_is_kept_for_the_next_question() -> None:
    with pytest.raises(FieldError) as caught:
        parse_account("@Ana.S")
    assert (caught.value.code, caught.value.handle) == ("platform_missing", "ana.s")


def test_a_platform_without_a_handle_is_kept_for_the_next_question() -> None:
    with pytest.raises(FieldError) as caught:
        parse_account("it's on Instagram")
    assert (caught.value.code, caught.value.platform) == ("handle_missing", "instagram")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("tiktok ana", "platform_unknown"),
        ("https://www.tiktok.com/@ana", "platform_unknown"),
        ("my whatsapp is ana.s", "platform_unknown"),
        ("x: @ana", "platform_unknown"),
        ("https://instagram.com/p/Cx12/", "post_link"),
        ("https://instagram.com/ana/reel/Cx12/", "post_link"),
        ("https://facebook.com/ana/posts/123", "post_link"),
        ("https://facebook.com/photo.php?fbid=1", "post_link"),
        ("https://fb.watch/abc", "post_link"),
        ("https://notfacebook.com/ana", "account_invalid"),
        ("https://facebook.com.example.org/ana", "account_invalid"),
        ("https://facebook.com@example.org/ana", "account_invalid"),
        ("facebook Ana Silva", "account_invalid"),
        ("ana@example.org", "account_invalid"),
        ("instagram ana..s", "account_invalid"),
        ("instagram @" + "a" * 31, "account_invalid"),
        ("facebook @" + "a" * 51, "account_invalid"),
        ("facebook @ab", "account_invalid"),
        ("facebook ana.s and instagram ana_b", "account_several"),
    ],
)
def test_what_is_not_one_account_says_why(typed: str, code: str) -> None:
    assert refused_as(parse_account, typed) == code


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        (
            "facebook ana.silva.9 and instagram @ana_b",
            ["ana.silva.9 on Facebook", "ana_b on Instagram"],
        ),
        ("instagram ana_b, ana_c", ["ana_b on Instagram", "ana_c on Instagram"]),
        ("ana_b, ana_c on instagram", ["ana_b on Instagram", "ana_c on Instagram"]),
        ("facebook: ana.s\ninstagram: ana_b", ["ana.s on Facebook", "ana_b on Instagram"]),
        (
            "https://instagram.com/a_b,https://facebook.com/ana.s",
            ["a_b on Instagram", "ana.s on Facebook"],
        ),
        ("facebook ana.silva instagram ana_b", ["ana.silva on Facebook", "ana_b on Instagram"]),
        ("ana.silva facebook ana_b instagram", ["ana.silva on Facebook", "ana_b on Instagram"]),
        ("ana.s on facebook and instagram", ["ana.s on Facebook", "ana.s on Instagram"]),
        ("I use facebook, and my insta is ana.s", ["ana.s on Instagram"]),
        ("facebook ana.silva, the one with the dog", ["ana.silva on Facebook"]),
        ("facebook ana.silva, facebook anasilva", ["ana.silva on Facebook"]),
    ],
)
def test_a_list_gives_each_account_once(typed: str, labels: list[str]) -> None:
    assert [account.label for account in parse_accounts(typed)] == labels


def test_a_list_with_one_bad_entry_leaves_nothing_out_unseen() -> None:
    assert refused_as(parse_accounts, "instagram ana_b and tiktok ana_t") == "platform_unknown"


def test_a_list_has_at_most_twenty_accounts() -> None:
    handles = [f"ana_{number}" for number in range(21)]
    assert len(parse_accounts(", ".join(handles[:20]), "instagram")) == 20
    assert refused_as(parse_accounts, ", ".join(handles), "instagram") == "accounts_too_many"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"platform": "tiktok", "handle": "ana"},
        {"platform": "instagram", "handle": "<b>"},
        {"platform": "instagram", "handle": None},
        {"platform": "facebook", "handle": ["ana"]},
        {"platform": "facebook", "handle": ""},
    ],
)
def test_a_stored_account_is_checked_again(data: dict[str, object]) -> None:
    with pytest.raises(FieldError):
        Account.from_dict(data)


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
