"""A session token stands for one conversation, for a time, and cannot be made by others."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
import pytest

from bot.runtime.tokens import BadToken, Tokens

SECRET = "a secret of more than thirty-two bytes"
NOW = datetime(2024, 11, 25, 12, 0, tzinfo=timezone.utc)
CLAIMS = {"sub": "0" * 40, "aud": "chat", "exp": NOW + timedelta(hours=1)}


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(SECRET, 3600, clock)


def test_a_token_leads_back_to_its_conversation(tokens: Tokens) -> None:
    token, _ = tokens.new()
    assert tokens.conversation(token) == tokens.conversation(token)


def test_every_token_is_a_conversation_of_its_own_with_160_random_bits(tokens: Tokens) -> None:
    ids = {tokens.conversation(tokens.new()[0]) for _ in range(100)}
    assert len(ids) == 100
    assert {len(bytes.fromhex(one)) for one in ids} == {20}


def test_a_token_is_good_until_the_moment_it_ends(tokens: Tokens, clock: Clock) -> None:
    token, expires = tokens.new()
    assert expires == NOW + timedelta(hours=1)
    clock.now = expires - timedelta(seconds=1)
    assert tokens.conversation(token)
    clock.now = expires
    with pytest.raises(BadToken):
        tokens.conversation(token)


@pytest.mark.parametrize(
    ("claims", "secret", "algorithm"),
    [
        (CLAIMS, "another secret of more than 32 bytes", "HS256"),
        (CLAIMS, SECRET, "HS512"),
        (CLAIMS, "", "none"),
        ({**CLAIMS, "aud": "desk"}, SECRET, "HS256"),
        ({key: CLAIMS[key] for key in ("sub", "exp")}, SECRET, "HS256"),
        ({key: CLAIMS[key] for key in ("sub", "aud")}, SECRET, "HS256"),
        ({key: CLAIMS[key] for key in ("aud", "exp")}, SECRET, "HS256"),
        ({**CLAIMS, "exp": "soon"}, SECRET, "HS256"),
        ({**CLAIMS, "exp": 10**30}, SECRET, "HS256"),
        ({**CLAIMS, "exp": NOW - timedelta(hours=1)}, SECRET, "HS256"),
    ],
    ids=["another secret", "another algorithm", "no algorithm", "another audience", "no audience",
         "no end", "no conversation", "an end that is no moment", "an end beyond time", "ended"],
)
def test_a_token_that_is_not_as_we_make_them_is_bad(
    tokens: Tokens, claims: dict[str, Any], secret: str, algorithm: str
) -> None:
    token = jwt.encode(claims, secret or None, algorithm)
    with pytest.raises(BadToken):
        tokens.conversation(token)


def test_the_token_that_those_are_made_from_is_good(tokens: Tokens) -> None:
    assert tokens.conversation(jwt.encode(CLAIMS, SECRET, "HS256")) == "0" * 40


@pytest.mark.parametrize("token", ["", ".", "..", "garbage", "a.b.c", "ä.ö.ü", "\x00", "x" * 5000])
def test_garbage_is_bad(tokens: Tokens, token: str) -> None:
    with pytest.raises(BadToken):
        tokens.conversation(token)


def test_a_changed_letter_anywhere_in_the_claims_makes_a_token_bad(tokens: Tokens) -> None:
    header, claims, signature = tokens.new()[0].split(".")
    for place in range(0, len(claims), 5):
        other = "A" if claims[place] != "A" else "B"
        with pytest.raises(BadToken):
            tokens.conversation(f"{header}.{claims[:place]}{other}{claims[place + 1:]}.{signature}")
