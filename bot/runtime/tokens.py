"""Session tokens: the server makes the id and signs it; a client can only give it back.

Who has logged in to the page around the chat travels in the token too, sealed: it is kept nowhere
else until a filing begins, and goes with the token.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt

from bot.objections.crypto import Keys, Unreadable
from bot.runtime.identity import Identity

__all__ = ["BadToken", "Session", "Tokens"]

_ALGORITHM = "HS256"
_AUDIENCE = "chat"
# How long an identity counts in a session: as long as the page may say it at once.
_KNOWN_FOR = timedelta(days=1)


class BadToken(Exception):
    """The token is absent, not ours, changed or expired."""


@dataclass(frozen=True)
class Session:
    """What a token stands for: a conversation, and who is logged in, None where nobody is."""

    conversation: str
    identity: Identity | None = None


class Tokens:
    """Makes and reads session tokens.

    Args:
        secret: the key they are signed with.
        lifetime: seconds a token is good for.
        keys: seal who somebody is.
        clock: gives the present time, in UTC.
    """

    def __init__(
        self,
        secret: str,
        lifetime: int,
        keys: Keys,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._secret = secret
        self._lifetime = timedelta(seconds=lifetime)
        self._keys = keys
        self._clock = clock

    def new(self, identity: Identity | None = None) -> tuple[str, datetime]:
        """A token for a new conversation with an id of 160 random bits, and when it expires."""
        now = self._clock()
        conversation, expires = secrets.token_hex(20), now + self._lifetime
        claims = {"sub": conversation, "aud": _AUDIENCE, "exp": expires}
        if identity is not None:
            sealed = self._keys.seal(identity.as_text(), **_place(conversation))
            claims["who"] = base64.b64encode(sealed).decode("ascii")
            claims["who_until"] = int((now + _KNOWN_FOR).timestamp())
        return jwt.encode(claims, self._secret, _ALGORITHM), expires

    def session(self, token: str) -> Session:
        """What a token stands for.

        Raises:
            BadToken: it is not one of ours, or too old.
        """
        try:
            # The expiry is checked against our clock, not PyJWT's, so that tests can move it.
            claims = jwt.decode(
                token,
                self._secret,
                [_ALGORITHM],
                audience=_AUDIENCE,
                options={"require": ["sub", "exp"], "verify_exp": False},
            )
            expires = datetime.fromtimestamp(int(claims["exp"]), timezone.utc)
            conversation = claims["sub"]
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
            raise BadToken from error
        if expires <= self._clock() or not isinstance(conversation, str):
            raise BadToken
        return Session(conversation, self._identity(claims))

    def _identity(self, claims: dict[str, Any]) -> Identity | None:
        if "who" not in claims or claims["who_until"] <= self._clock().timestamp():
            return None
        try:
            sealed = base64.b64decode(claims["who"])
            return Identity.from_text(self._keys.open(sealed, **_place(claims["sub"])))
        except Unreadable:
            # Its key is no longer configured. The person is asked, and the conversation goes on.
            return None


def _place(conversation: str) -> dict[str, str]:
    """Where an identity is sealed: in another conversation's token it does not open."""
    return {"table": "session", "row_id": conversation, "column": "identity"}
