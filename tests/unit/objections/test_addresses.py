from __future__ import annotations

import pytest
from bot.objections.details import find_details


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("lena dot marie dot koch at mail dot example dot com", "lena.marie.koch@mail.example.com"),
        ("my email is lena dot koch at example dot com", "lena.koch@example.com"),
        ("it's lena dot koch at example dot co dot uk, thanks", "lena.koch@example.co.uk"),
        ("lena underscore koch at example dot org", "lena_koch@example.org"),
        ("lena.koch (at) example (dot) org", "lena.koch@example.org"),
        ("you can write to lena at example dot net please", "lena@example.net"),
        ("Lena Koch, lena dot koch at example dot de", "lena.koch@example.de"),
        ("lena at example dot it", "lena@example.it"),
        ("我的邮箱是lena@example.org", "lena@example.org"),
        ("邮箱:lena@example.org。谢谢", "lena@example.org"),
    ],
)
def test_an_address_is_found_written_and_spoken(text: str, email: str) -> None:
    assert find_details(text).email == email
    assert find_details(text, "email").email == email


@pytest.mark.parametrize(
    "text",
    [
        "it used to be old@example.org, but now it is new@example.net",
        "it's new@example.net now, it used to be old@example.org",
        "use new@example.net instead of old@example.org",
        "old@example.org is wrong, new@example.net",
        "old@example.org doesn't work any more, so new@example.net",
        "not old@example.org but new@example.net",
        "old@example.org oops, I meant new@example.net",
        "my old email was old@example.org, my new one is new@example.net",
        "please change old@example.org to new@example.net",
    ],
)
def test_the_new_address_counts_when_two_are_given(text: str) -> None:
    assert find_details(text).email == "new@example.net"
    assert find_details(text, "email").email == "new@example.net"


@pytest.mark.parametrize(
    "text",
    [
        "tiktok.com/@mara.k",
        "https://www.tiktok.com/@mara.k",
        "my tiktok is @mara.k",
        "@mara.k on tiktok",
        "mara.k on youtube",
        "mara@tiktok",
        "https://x.com/mara_k",
        "https://t.me/mara_k",
        "@mara@mastodon.social",
    ],
)
@pytest.mark.parametrize("asked", [None, "full_name", "country"])
def test_a_link_or_handle_elsewhere_is_no_detail(text: str, asked: str | None) -> None:
    details = find_details(text, asked)
    assert (details.full_name, details.email, details.account) == (None, None, None)
    assert not [problem for problem in details.problems if problem.field == "email"]


def test_a_link_elsewhere_does_not_hide_the_details_beside_it() -> None:
    details = find_details("Mara Kent, tiktok.com/@mara.k, mara@example.org, insta @mara_k, Chile")
    assert (details.full_name, details.email, details.country) == (
        "Mara Kent",
        "mara@example.org",
        "CL",
    )
    assert details.account is not None
    assert details.account.label == "mara_k on Instagram"


@pytest.mark.parametrize(
    "text",
    [
        "please take @mara.k on instagram out of it, I am in Chile",
        "leave @mara.k on instagram alone. I'm in Chile.",
        "it is about @mara.k (instagram), writing from Chile",
    ],
)
def test_an_account_inside_a_sentence_is_not_an_address(text: str) -> None:
    details = find_details(text)
    assert details.account is not None
    assert (details.account.label, details.country) == ("mara.k on Instagram", "CL")
    assert (details.full_name, details.email, details.problems) == (None, None, ())


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Kofi Mensah from Ghana", "GH"),
        ("I'm Kofi Mensah from Ghana, kofi@example.org", "GH"),
        ("Kofi Mensah, writing from Ghana, kofi@example.org", "GH"),
        ("Kofi Mensah, kofi@example.org writing from Ghana", "GH"),
        ("this is Kofi Mensah from Ghana", "GH"),
        ("Kofi Mensah, kofi@example.org, Ghana", "GH"),
        ("Kofi Mensah, kofi@example.org, Accra, Ghana", "GH"),
        ("Kofi Mensah / kofi@example.org / Ghana", "GH"),
        ("Kofi Mensah / kofi@example.org / Türkiye", "TR"),
        ("Kofi Mensah; kofi@example.org; Deutschland", "DE"),
        ("Kofi Mensah|kofi@example.org|Ghana", "GH"),
        ("Kofi Mensah, kofi@example.org, GH", "GH"),
        ("Kofi Mensah\nkofi@example.org\nGhana", "GH"),
        ("Kofi Mensah, kofi@example.org and Ghana", "GH"),
        ("name Kofi Mensah, email kofi@example.org, country Ghana", "GH"),
    ],
)
def test_a_country_is_found_beside_other_details(text: str, country: str) -> None:
    details = find_details(text)
    assert (details.full_name, details.country) == ("Kofi Mensah", country)
    assert details.email in ("kofi@example.org", None)


@pytest.mark.parametrize(
    "text",
    [
        "and in France the law says no",
        "speaking of Germany, they forbid it",
        "my friend lives in Peru",
        "is this only in Canada?",
        "people in Spain are angry",
    ],
)
def test_a_country_that_is_only_talked_about_is_not_where_somebody_lives(text: str) -> None:
    assert find_details(text).country is None
