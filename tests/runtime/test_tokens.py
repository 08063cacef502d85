"""A session token stands for one conversation, for a time, and cannot be made by others."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
import pytest

from bot.objections.crypto import Keys
from bot.runtime.identity import LONGEST, Identity
from bot.runtime.tokens import BadToken, Session, Tokens

KEYS = Keys.parse(Keys.new())
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
    return Tokens(SECRET, 3600, KEYS, clock)


def test_a_token_leads_back_to_its_conversation(tokens: Tokens) -> None:
    token, _ = tokens.new()
    assert tokens.session(token) == tokens.session(token)


def test_every_token_is_a_conversation_of_its_own_with_160_random_bits(tokens: Tokens) -> None:
    ids = {tokens.session(tokens.new()[0]).conversation for _ in range(100)}
    assert len(ids) == 100
    assert {len(bytes.fromhex(one)) for one in ids} == {20}


def test_a_token_is_good_until_the_moment_it_ends(tokens: Tokens, clock: Clock) -> None:
    token, expires = tokens.new()
    assert expires == NOW + timedelta(hours=1)
    clock.now = expires - timedelta(seconds=1)
    assert tokens.session(token)
    clock.now = expires
    with pytest.raises(BadToken):
        tokens.session(token)


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
        tokens.session(token)


def test_the_token_that_those_are_made_from_is_good(tokens: Tokens) -> None:
    assert tokens.session(jwt.encode(CLAIMS, SECRET, "HS256")).conversation == "0" * 40


@pytest.mark.parametrize("token", ["", ".", "..", "garbage", "a.b.c", "ä.ö.ü", "\x00", "x" * 5000])
def test_garbage_is_bad(tokens: Tokens, token: str) -> None:
    with pytest.raises(BadToken):
        tokens.session(token)


def test_a_changed_letter_anywhere_in_the_claims_makes_a_token_bad(tokens: Tokens) -> None:
    header, claims, signature = tokens.new()[0].split(".")
    for place in range(0, len(claims), 5):
        other = "A" if claims[place] != "A" else "B"
        with pytest.raises(BadToken):
            tokens.session(f"{header}.{claims[:place]}{other}{claims[place + 1:]}.{signature}")


ANA = Identity("Ána Silva", "ana@example.org", "instagram ana.s")


def test_a_token_says_who_is_logged_in_to_us_and_to_nobody_else(tokens: Tokens) -> None:
    token, _ = tokens.new(ANA)
    assert tokens.session(token).identity == ANA
    assert tokens.session(tokens.new()[0]).identity is None
    claims = jwt.decode(token, options={"verify_signature": False})
    assert base64.b64decode(claims["who"]).isascii() is False
    assert "ana" not in str(claims).casefold()


def test_the_longest_identity_still_fits_into_a_header(tokens: Tokens) -> None:
    # What a JSON Web Token of that length can hold, in letters that take most room.
    token, _ = tokens.new(Identity(name="ß" * (LONGEST * 3 // 4 // 2)))
    assert len(token) < 6 * 1024


def test_who_is_logged_in_counts_for_a_day_and_the_conversation_goes_on(clock: Clock) -> None:
    tokens = Tokens(SECRET, 3 * 24 * 3600, KEYS, clock)
    token, _ = tokens.new(ANA)
    known = tokens.session(token)
    clock.now = NOW + timedelta(hours=23, minutes=59)
    assert tokens.session(token) == known
    clock.now = NOW + timedelta(days=1)
    assert tokens.session(token) == Session(known.conversation, None)


def test_without_the_key_that_sealed_it_an_identity_is_none(tokens: Tokens, clock: Clock) -> None:
    token, _ = tokens.new(ANA)
    other = Tokens(SECRET, 3600, Keys.parse(Keys.new()), clock)
    assert other.session(token) == Session(tokens.session(token).conversation, None)


def test_an_identity_does_not_open_in_another_conversation(tokens: Tokens) -> None:
    """Also not for somebody who can sign tokens."""
    claims = jwt.decode(tokens.new(ANA)[0], options={"verify_signature": False})
    moved = jwt.encode({**claims, "sub": "0" * 40}, SECRET, "HS256")
    assert tokens.session(moved).identity is None
