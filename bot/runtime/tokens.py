"""Session tokens: the server makes the id and signs it; a client can only give it back."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import jwt

_ALGORITHM = "HS256"
_AUDIENCE = "chat"


class BadToken(Exception):
    """The token is absent, not ours, changed or expired."""


class Tokens:
    """Makes and reads session tokens.

    Args:
        secret: the key they are signed with.
        lifetime: seconds a token is good for.
        clock: gives the present time, in UTC.
    """

    def __init__(
        self,
        secret: str,
        lifetime: int,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._secret = secret
        self._lifetime = timedelta(seconds=lifetime)
        self._clock = clock

    def new(self) -> tuple[str, datetime]:
        """A token for a new conversation with an id of 160 random bits, and when it expires."""
        expires = self._clock() + self._lifetime
        claims = {"sub": secrets.token_hex(20), "aud": _AUDIENCE, "exp": expires}
        return jwt.encode(claims, self._secret, _ALGORITHM), expires

    def conversation(self, token: str) -> str:
        """The conversation id that a token stands for.

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
        return conversation
