"""Which handle is on which platform, and what is said of it: given where the values stand."""

from __future__ import annotations

import pytest

from bot.nlu.replies.accounts import named_accounts
from bot.nlu.replies.lines import Span
from bot.understanding.scan import scan

PLATFORMS = {"facebook", "instagram", "insta", "fb", "both", "tiktok"}


def named(text: str) -> list[tuple[str | None, str | None]]:
    """The accounts of a text in which each word with a dot is a handle."""
    message = scan(text)
    spans = []
    for place, token in enumerate(message.tokens):
        if token.lower in PLATFORMS:
            spans.append(Span(place, place + 1, "platform"))
        elif token.kind == "link":
            spans.append(Span(place, place + 1, "link"))
        elif "." in token.text and token.kind == "word":
            spans.append(Span(place, place + 1, "handle"))
    return [(one.platform, one.handle) for one in named_accounts(message, spans)]


@pytest.mark.parametrize(
    ("text", "accounts"),
    [
        ("facebook a.b", [("facebook", "a.b")]),
        ("a.b on insta", [("instagram", "a.b")]),
        ("fb a.b and insta c.d", [("facebook", "a.b"), ("instagram", "c.d")]),
        ("a.b on fb, c.d on insta", [("facebook", "a.b"), ("instagram", "c.d")]),
        ("instagram a.b, c.d", [("instagram", "a.b"), ("instagram", "c.d")]),
        ("a.b and c.d on instagram", [("instagram", "a.b"), ("instagram", "c.d")]),
        ("both facebook and instagram, a.b", [("facebook", "a.b"), ("instagram", "a.b")]),
        ("a.b on facebook and instagram", [("facebook", "a.b"), ("instagram", "a.b")]),
        ("a.b", [(None, "a.b")]),
        ("my facebook", [("facebook", None)]),
        ("@A.B. on fb", [("facebook", "a.b")]),
        ("https://instagram.com/a.b?x=1", [("instagram", "a.b")]),
    ],
)
def test_each_handle_is_on_its_platform(
    text: str, accounts: list[tuple[str | None, str | None]]
) -> None:
    # "both" beside the two names says nothing more.
    assert [one for one in dict.fromkeys(named(text)) if one[1] or len(accounts) == 1] == accounts


def test_an_app_that_cannot_be_objected_for_is_a_problem() -> None:
    message = scan("tiktok a.b")
    spans = [Span(0, 1, "platform"), Span(1, 2, "handle")]
    (one,) = named_accounts(message, spans)
    assert one.problem is not None and one.problem.code == "platform_unknown"
