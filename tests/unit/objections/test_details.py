from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.objections.accounts import Account
from bot.objections.details import Details, find_details
from bot.objections.fields import parse_country, parse_email, parse_full_name

NOTHING = Details()


def found(text: str, asked: str | None = None) -> dict[str, str]:
    """What was found, in short: accounts by their labels, problems by their codes."""
    details = find_details(text, asked)
    accounts = (details.account, *details.further_accounts) if details.account else ()
    values = {
        "name": details.full_name,
        "email": details.email,
        "country": details.country,
        "accounts": ", ".join(account.label for account in accounts),
        "problems": ", ".join(problem.code for problem in details.problems),
    }
    return {key: value for key, value in values.items() if value}


def test_several_details_are_found_in_one_message() -> None:
    assert found("I'm Ana Silva, ana@example.org, instagram ana.s") == {
        "name": "Ana Silva",
        "email": "ana@example.org",
        "accounts": "ana.s on Instagram",
    }
    assert found("name: Ana Silva\nemail: ana@example.org\ncountry: Spain\nfacebook: anasilva") == {
        "name": "Ana Silva",
        "email": "ana@example.org",
        "country": "ES",
        "accounts": "anasilva on Facebook",
    }


def test_a_name_that_stands_first_beside_other_details_needs_no_cue() -> None:
    expected = {
        "name": "Maria Keller",
        "email": "maria.keller@example.net",
        "accounts": "maria.keller.5 on Facebook",
    }
    assert found("Maria Keller, maria.keller@example.net, facebook maria.keller.5") == expected
    assert found("maria keller maria.keller@example.net fb maria.keller.5") == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my name is ana silva", "Ana Silva"),
        ("it's Ana", "Ana"),
        ("Ana Silva here", "Ana Silva"),
        ("this is Ana Silva from the office", "Ana Silva"),
        ("I'm Will Smith", "Will Smith"),
        ("I'm An Nguyen", "An Nguyen"),
        ("i'm ana silva", "Ana Silva"),
        ("I'm German Alvarez", "German Alvarez"),
        ("change my name to Ana B. Silva", "Ana B. Silva"),
        ("my name's José da Silva and I object", "José da Silva"),
    ],
)
def test_a_name_is_known_by_its_cue(text: str, name: str) -> None:
    assert found(text) == {"name": name}


@pytest.mark.parametrize(
    "text",
    [
        "I am worried",
        "i'm deeply disappointed",
        "I'm not sure",
        "it's wrong",
        "It's Monday",
        "this is unfair",
        "This is Facebook's fault",
        "I AM ANGRY",
        "my name is being used",
        "my name is not important",
        "I'm a photographer",
        "I am in trouble",
        "new here",
        "@foo",
        "my instagram is private",
        "my facebook is hacked",
        "instagram is stealing my photos",
        "i post on instagram",
        "who can see ana.jpg on facebook?",
        "I work at example.org",
        "I don't live in Spain",
        "Jordan",
        "no",
        "",
        "\ud800\x00",
    ],
)
def test_unasked_nothing_is_guessed(text: str) -> None:
    assert find_details(text) == NOTHING


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("I live in Spain", "ES"),
        ("I'm in Spain", "ES"),
        ("I'm Irish", "IE"),
        ("i am a Brazilian citizen", "BR"),
        ("I'm from the UK", "GB"),
        ("I live in the US", "US"),
        ("I live in Dublin, Ireland", "IE"),
        ("change my country to Peru", "PE"),
    ],
)
def test_a_country_is_known_by_its_cue(text: str, country: str) -> None:
    assert found(text) == {"country": country}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no wait, my e-mail is ana@example.net", {"email": "ana@example.net"}),
        ("not ana@example.org but ana@example.net", {"email": "ana@example.net"}),
        ("actually my insta is @foo", {"accounts": "foo on Instagram"}),
        ("my insta is bakery", {"accounts": "bakery on Instagram"}),
        (
            "facebook ana.silva.9 and instagram @ana_b",
            {"accounts": "ana.silva.9 on Facebook, ana_b on Instagram"},
        ),
        ("see https://instagram.com/ana.s?x=1 ok", {"accounts": "ana.s on Instagram"}),
        ("I'm José, from Spain", {"name": "José", "country": "ES"}),
    ],
)
def test_details_are_corrected_and_added_at_any_time(text: str, expected: dict[str, str]) -> None:
    assert found(text) == expected
    assert found(text, "reason") == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ana@example", "email_no_domain"),
        ("ana @ example.org", "email_space"),
        ("my email is ana.example.org", "email_no_at"),
        ("my handle is @foo", "platform_missing"),
        ("https://instagram.com/p/abc", "post_link"),
    ],
)
def test_a_broken_value_that_was_clearly_meant_is_a_problem(text: str, code: str) -> None:
    assert found(text) == {"problems": code}


@pytest.mark.parametrize(
    ("asked", "text", "expected"),
    [
        ("full_name", "ana", {"name": "ana"}),
        ("full_name", "sure, it's ana silva", {"name": "Ana Silva"}),
        ("full_name", "will smith", {"name": "Will Smith"}),
        ("full_name", "So Young", {"name": "So Young"}),
        ("full_name", "Jordan", {"name": "Jordan"}),
        ("full_name", "Ana Silva, Spain", {"name": "Ana Silva", "country": "ES"}),
        ("email", "Sure! ana@example.org.", {"email": "ana@example.org"}),
        ("email", "my email is ana at example.org", {"email": "ana@example.org"}),
        ("country", "ok: Spain", {"country": "ES"}),
        ("country", "it", {"country": "IT"}),
        ("country", "irish", {"country": "IE"}),
        ("account", "it's ana.s on instagram", {"accounts": "ana.s on Instagram"}),
        ("account", "instagram anab, anac", {"accounts": "anab on Instagram, anac on Instagram"}),
    ],
)
def test_a_bare_reply_answers_the_question_asked(
    asked: str, text: str, expected: dict[str, str]
) -> None:
    assert found(text, asked) == expected


@pytest.mark.parametrize(
    ("asked", "text", "code"),
    [
        ("full_name", "12345", "name_characters"),
        ("full_name", "i don't want to tell you", "name_unclear"),
        ("email", "foo", "email_no_at"),
        ("email", "ana@", "email_no_domain"),
        ("country", "Atlantis", "country_unknown"),
        ("country", "Spain, France", "country_several"),
        ("account", "ana.s", "platform_missing"),
        ("account", "Instagram", "handle_missing"),
        ("account", "my facebook is ana silva", "account_invalid"),
        ("account", "tiktok", "platform_unknown"),
    ],
)
def test_a_reply_that_is_no_valid_value_is_a_problem(asked: str, text: str, code: str) -> None:
    assert found(text, asked) == {"problems": code}


def test_the_missing_half_of_an_account_can_be_asked_for() -> None:
    assert find_details("@ana_b", "account").problems[0].handle == "ana_b"
    assert find_details("instagram", "account").problems[0].platform == "instagram"


def test_an_account_elsewhere_is_mentioned_beside_one_that_counts() -> None:
    assert found("instagram ana_b and tiktok ana_t", "account") == {
        "accounts": "ana_b on Instagram",
        "problems": "platform_unknown",
    }


@pytest.mark.parametrize("asked", ["full_name", "email", "country", "account"])
@pytest.mark.parametrize(
    "text",
    [
        "why do you need that?",
        "why do you need that",
        "Ana?",
        "is it safe",
        "do I have to",
        "Can Meta see this",
        "no",
        "Yes.",
        "skip",
        "cancel",
        "thank you",
    ],
)
def test_a_question_or_a_short_answer_is_neither_a_value_nor_a_problem(
    asked: str, text: str
) -> None:
    assert find_details(text, asked) == NOTHING


def test_a_value_inside_a_question_still_counts() -> None:
    assert found("ana@example.org, is that enough?", "full_name") == {"email": "ana@example.org"}
    assert found("is instagram.com/ana.s right?", "email") == {"accounts": "ana.s on Instagram"}


def test_answering_another_field_is_no_problem() -> None:
    assert found("actually my insta is @foo", "full_name") == {"accounts": "foo on Instagram"}
    assert found("I live in Spain", "email") == {"country": "ES"}


PIECES = [
    *(" ", ", ", "\n", ".", "?", "'", "(", "@", "/", " and ", " not ", "no wait, ", " here"),
    *("I'm ", "my name is ", "it's ", "this is ", "call me ", "I live in ", "from ", "country: "),
    *("Ana", "ana silva", "worried", "Irish", "Spain", "the US", "Dublin", "van ", "O'Brien", "李"),
    *("ana@example.org", "ana at example dot org", "my email is ", "mailto:", "ana@", "example"),
    *("facebook ", "insta: ", "instagram.com/", "https://", "ana.s", "@ana_b", "inſta ", "tiktok "),
    *("\ud800", "\x00", "\u202e", "\u200c", "\u0301", "ß", "İ", "١", "%", "<b>"),
]
texts = st.text(max_size=80) | st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@given(texts, st.sampled_from([None, "full_name", "email", "country", "account", "reason"]))
def test_whatever_is_found_is_a_valid_value(text: str, asked: str | None) -> None:
    details = find_details(text, asked)
    if details.full_name is not None:
        assert parse_full_name(details.full_name) == details.full_name
    if details.email is not None:
        assert parse_email(details.email) == details.email
    if details.country is not None:
        assert parse_country(details.country) == details.country
    keys = [account.key for account in (details.account, *details.further_accounts) if account]
    assert len(keys) == len(set(keys))


def test_what_stands_after_two_thousand_characters_is_not_read() -> None:
    assert find_details("a " * 1000 + "ana@example.org") == NOTHING


@pytest.mark.parametrize(
    ("asked", "text", "field", "value"),
    [
        # A platform at the end, with words before it.
        ("account", "rita_lopes, it's on ig", "account", Account("instagram", "rita_lopes")),
        # An everyday word among everyday words is no handle, a handle is one.
        ("account", "closed my facebook in may, never looked back", "account", None),
        ("account", "my old instagram page rita.l", "account", Account("instagram", "rita.l")),
        # What carries a sentence is no name.
        (None, "They'll see me as @rita_l (instagram)", "full_name", None),
        # A people's name before a noun is an adjective.
        ("country", "eating danish pastry right now", "country", None),
        ("country", "a danish citizen, living abroad", "country", "DK"),
        # In another language only what stands for itself.
        ("country", "Suomi, tarkemmin Turku", "country", "FI"),
        ("full_name", "that would be Tiina Mäkelä ;)", "full_name", "Tiina Mäkelä"),
        (None, "Samuel K. Mensah; sam@example.org; Ghana", "full_name", "Samuel K. Mensah"),
    ],
)
def test_details_among_everyday_words(
    asked: str | None, text: str, field: str, value: object
) -> None:
    assert getattr(find_details(text, asked), field) == value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("sure thing, Aoife Brennan", "Aoife Brennan"),
        ("its liam doyle lol", "Liam Doyle"),
        ("first name is Irina, last name Popescu", "Irina Popescu"),
        ("you can put Min-jun Lee", "Min-jun Lee"),
        ("ok so everyone calls me Beatriz da Costa please", "Beatriz da Costa"),
        # Other words around a name say something else about it.
        ("I hate Mark Zuckerberg", None),
        ("its nobody lol", None),
    ],
)
def test_a_name_is_found_among_words_that_say_nothing(text: str, name: str | None) -> None:
    assert find_details(text, "full_name").full_name == name


@pytest.mark.parametrize(
    ("asked", "text", "value"),
    [
        ("country", "Norway, no wait sorry, Sweden, we moved", "SE"),
        ("full_name", "Erik Lund oops typo, Erik Lundh", "Erik Lundh"),
        ("email", "erik@example.org no wait erik@example.net", "erik@example.net"),
        ("account", "instagram @erik.l oops @erik.lu", Account("instagram", "erik.lu")),
    ],
)
def test_what_is_corrected_in_one_message_counts_as_corrected(
    asked: str, text: str, value: object
) -> None:
    assert getattr(find_details(text, asked), asked) == value


def test_a_word_that_begins_like_a_greeting_is_no_name() -> None:
    assert find_details("heyyy its kim@example.org", "email").full_name is None
    assert find_details("Ja genau, kim@example.org", "email").full_name is None


@pytest.mark.parametrize(
    "handle", ["tomli2", "tobias9", "tom.li.5", "nameless7", "idris.k", "asad7"]
)
def test_a_handle_that_begins_like_a_word_is_kept_whole(handle: str) -> None:
    for text in (f"instagram {handle}", f"my name is Tom Li, tom@example.com, instagram {handle}"):
        assert find_details(text, "account").account == Account("instagram", handle)
