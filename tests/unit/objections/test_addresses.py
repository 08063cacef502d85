from __future__ import annotations

import pytest

from bot.objections.addresses import likely_address
from bot.objections.fields import parse_email
from bot.understanding.scan import scan


@pytest.mark.parametrize(
    ("typed", "likely"),
    [
        ("ana@gmial.com", "ana@gmail.com"),
        ("ana@gmail.con", "ana@gmail.com"),
        ("ana@hotmial.com", "ana@hotmail.com"),
        ("ana@gmail.com", None),
        ("ana@mail.com", None),
        ("ana@example.org", None),
    ],
)
def test_a_site_one_slip_away_from_a_common_one_is_noticed(typed: str, likely: str | None) -> None:
    assert likely_address(typed) == likely


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("lena dot marie dot koch at mail dot example dot com", "lena.marie.koch@mail.example.com"),
        ("my email is lena dot koch at example dot com", "lena.koch@example.com"),
        ("lena.koch (at) example (dot) org", "lena.koch@example.org"),
        ("svenja.r(at)gmx.net", "svenja.r@gmx.net"),
        ("Lena Koch, lena dot koch at example dot de", "lena.koch@example.de"),
        ("its lena@example.org, thanks", "lena@example.org"),
        ("l.koch at yahoo dot co dot uk", "l.koch@yahoo.co.uk"),
        ("<lena@example.org>", "lena@example.org"),
    ],
)
def test_an_address_is_found_written_and_spoken(text: str, email: str) -> None:
    (found,) = [token.text for token in scan(text).tokens if token.kind == "email"]
    assert parse_email(found.removeprefix("is ")) == email


@pytest.mark.parametrize(
    "text",
    [
        "ana.k@insta",
        "meet me at the dot on the map",
        "look at me",
        "i object at once. no",
        "me at home",
    ],
)
def test_a_sentence_is_no_address(text: str) -> None:
    assert not [token for token in scan(text).tokens if token.kind == "email"]
