"""An identity counts when the page has signed it, for us and for now, and says who somebody is."""

from __future__ import annotations

import asyncio
import base64
import hmac
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
import pytest

from bot.runtime import identity
from bot.runtime.identity import LONGEST, Identities, Identity, IdentityRefused

KEY = "the key that a page shares with us, 32 bytes"
NOW = datetime(2024, 11, 25, 12, 0, tzinfo=timezone.utc)
ANA = Identity("Ana Silva", "ana@example.org", "instagram ana.s")
CLAIMS: dict[str, Any] = {
    **ANA.as_dict(), "aud": "objection-bot", "exp": NOW + timedelta(hours=1),
}


def signed(key: str | None = KEY, algorithm: str = "HS256", **claims: Any) -> str:
    """Ana's identity with these claims instead; one that is None is left out."""
    given = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(given, key, algorithm)


@pytest.fixture
def identities() -> Identities:
    return Identities(KEY, lambda: NOW)


def test_an_identity_that_the_page_has_signed_is_taken(identities: Identities) -> None:
    assert identities.read(signed()) == ANA


def test_any_one_of_the_three_is_enough(identities: Identities) -> None:
    only = identities.read(signed(name=None, account=None, sub="4711", iat=NOW))
    assert only == Identity(email="ana@example.org")
    assert only.as_dict() == {"email": "ana@example.org"}


def test_a_claim_that_is_no_text_is_as_if_it_were_not_there(identities: Identities) -> None:
    assert identities.read(signed(name=["Ana"], account=7)) == Identity(email=CLAIMS["email"])


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (signed("another key of more than thirty-two bytes"), "InvalidSignatureError"),
        (signed(algorithm="HS512"), "InvalidAlgorithmError"),
        (signed(None, "none"), "InvalidAlgorithmError"),
        (signed(aud="chat"), "InvalidAudienceError"),
        (signed(aud=None), "MissingRequiredClaimError"),
        (signed(exp=None), "MissingRequiredClaimError"),
        (signed(exp="soon"), "ValueError"),
        (signed(exp=10**30), "OverflowError"),
        (signed(exp=NOW), "expired"),
        (signed(exp=NOW - timedelta(days=1)), "expired"),
        (signed(exp=NOW + timedelta(days=1, minutes=2)), "good_for_too_long"),
        (signed(nbf=NOW + timedelta(minutes=2)), "not_yet"),
        (signed(nbf="soon"), "ValueError"),
        (signed(name=None, email=None, account=None), "nobody"),
        (signed(name="", email=None, account=[]), "nobody"),
        (signed(name="A" * LONGEST), "no_token"),
        ("", "DecodeError"),
        ("a.b.c", "DecodeError"),
        (signed() + "x", "InvalidSignatureError"),
        (7, "no_token"),
        ({"name": "Ana"}, "no_token"),
    ],
)
def test_anything_else_is_refused(identities: Identities, token: Any, why: str) -> None:
    with pytest.raises(IdentityRefused) as refusal:
        identities.read(token)
    assert refusal.value.why == why


def test_a_day_is_short_enough_and_a_clock_may_be_a_little_fast(identities: Identities) -> None:
    assert identities.read(signed(exp=NOW + timedelta(days=1, seconds=30)))


def test_without_a_key_nobody_is_believed() -> None:
    # Signed with the empty key, as PyJWT would not.
    head, body, _ = signed().split(".")
    mac = hmac.new(b"", f"{head}.{body}".encode(), "sha256").digest()
    by_nobody = f"{head}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    for token in (signed(), by_nobody):
        with pytest.raises(IdentityRefused, match="no_identity_key"):
            Identities("", lambda: NOW).read(token)


def test_who_somebody_is_does_not_show_in_an_error_or_a_log() -> None:
    assert "Ana" not in repr(ANA) and "ana" not in repr(ANA)


def test_half_a_character_is_no_trouble(identities: Identities) -> None:
    # As JSON may escape it.
    who = identities.read(signed(name="Ana \ud83d"))
    assert who.name == "Ana ?"
    who.as_text().encode("utf-8")


@pytest.mark.parametrize("who", [ANA, Identity(name="Ína ‹ß›\u0000"), Identity(email="ä")])
def test_an_identity_is_the_same_after_it_was_written_down(who: Identity) -> None:
    assert Identity.from_text(who.as_text()) == who


async def test_each_task_acts_for_its_own_person() -> None:
    async def seen_by(who: Identity | None) -> Identity | None:
        with identity.acting_for(who):
            await asyncio.sleep(0)
            return await asyncio.create_task(_present())

    assert await asyncio.gather(seen_by(ANA), seen_by(None)) == [ANA, None]
    assert identity.present() is None


async def _present() -> Identity | None:
    return identity.present()
