from __future__ import annotations

import pytest
from hypothesis import given

from bot.objections.accounts import Account, account_of, parse_account
from bot.objections.errors import FieldError
from tests.unit.objections.hostile import (
    HOSTILE,
    parsed_or_refused,
    refused_as,
    refused_in_plain_words,
    texts,
)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_refused_in_plain_words(text: str) -> None:
    refused_in_plain_words(parse_account, "account", text)


@given(text=texts)
def test_nothing_but_a_field_error_is_ever_raised(text: str) -> None:
    parsed_or_refused(parse_account, text)


@given(texts)
def test_a_parsed_account_survives_storage_and_retyping(text: str) -> None:
    try:
        account = account_of("instagram", text)
    except FieldError:
        return
    assert Account.from_dict(account.as_dict()) == account
    assert parse_account(f"instagram @{account.handle}") == account


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
        ("instagram ana.s", "ana.s on Instagram"),
        ("instagrm ana.s", "ana.s on Instagram"),
        ("fb ana.silva.5", "ana.silva.5 on Facebook"),
    ],
)
def test_an_account_has_many_spellings(typed: str, label: str) -> None:
    assert parse_account(typed).label == label


def test_a_handle_without_a_platform_is_kept_for_the_next_question() -> None:
    with pytest.raises(FieldError) as caught:
        parse_account("@Ana.S")
    assert (caught.value.code, caught.value.handle) == ("platform_missing", "ana.s")


def test_a_platform_without_a_handle_is_kept_for_the_next_question() -> None:
    with pytest.raises(FieldError) as caught:
        parse_account("Instagram")
    assert (caught.value.code, caught.value.platform) == ("handle_missing", "instagram")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("tiktok ana", "platform_unknown"),
        ("https://www.tiktok.com/@ana", "platform_unknown"),
        ("x: @ana", "platform_unknown"),
        ("https://instagram.com/p/Cx12/", "post_link"),
        ("https://instagram.com/ana/reel/Cx12/", "post_link"),
        ("https://facebook.com/ana/posts/123", "post_link"),
        ("https://facebook.com/photo.php?fbid=1", "post_link"),
        ("https://fb.watch/abc", "post_link"),
        ("https://notfacebook.com/ana", "account_invalid"),
        ("https://facebook.com.example.org/ana", "account_invalid"),
        ("https://facebook.com@example.org/ana", "account_invalid"),
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
