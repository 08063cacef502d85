"""Who somebody is who has logged in to the page around the chat, as that page has signed it.

A page that knows a person gives the chat a JSON Web Token, so that the filing need not ask for what
the page knows. It proves no more than that the page said it: each value is read like a typed one,
the e-mail address is confirmed by a code as ever, and no conversation is opened by it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt

__all__ = ["Identities", "Identity", "IdentityRefused", "acting_for", "present"]

AUDIENCE = "objection-bot"
# Characters. With what is sealed of it a session token fits into the headers of a request.
LONGEST = 2048
# What leaks out of a saved page is of no use the day after; a minute for clocks that differ.
DRIFT = timedelta(minutes=1)
LONGEST_LIFE = timedelta(days=1) + DRIFT
_ALGORITHM = "HS256"


class IdentityRefused(Exception):
    """An identity is not one that the page has signed for now. `why` is a code for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Identity:
    """What a page says of the person, unread: each value is text of any kind, or None."""

    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    account: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> Identity:
        """What is text among these claims; what is missing, empty or of another kind is None."""
        return cls(*(_text(claims.get(name)) for name in ("name", "email", "account")))

    def as_dict(self) -> dict[str, str]:
        """The values that there are: `name`, `email`, `account`."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def as_text(self) -> str:
        """As `from_text` reads it."""
        return json.dumps(self.as_dict(), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Identity:
        """What `as_text` wrote."""
        return cls.of(json.loads(text))


def _text(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    # JSON may hold half a character, which nothing that is sealed can.
    return value.encode("utf-8", "replace").decode("utf-8")


class Identities:
    """Reads the identities that pages have signed.

    Args:
        key: the key that they share with this service; "" where no page may sign any.
        clock: gives the present time, in UTC.
    """

    def __init__(
        self, key: str, clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc)
    ) -> None:
        self._key = key
        self._clock = clock

    def read(self, signed: object) -> Identity:
        """The identity in a JSON Web Token.

        Raises:
            IdentityRefused: it is not signed with our key, not for us, too old, not good
                yet, good for longer than a day, too long, or says nothing of the person.
        """
        if not self._key:
            raise IdentityRefused("no_identity_key")
        if not isinstance(signed, str) or len(signed) > LONGEST:
            raise IdentityRefused("no_token")
        try:
            # The times are checked against our clock, not PyJWT's, so that tests can move it.
            claims = jwt.decode(
                signed,
                self._key,
                [_ALGORITHM],
                audience=AUDIENCE,
                options={
                    "require": ["exp", "aud"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
            expires = datetime.fromtimestamp(int(claims["exp"]), timezone.utc)
            begins = datetime.fromtimestamp(int(claims.get("nbf", 0)), timezone.utc)
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
            # Its name and not its text, which may quote the token.
            raise IdentityRefused(type(error).__name__) from None
        if expires <= self._clock():
            raise IdentityRefused("expired")
        if begins > self._clock() + DRIFT:
            raise IdentityRefused("not_yet")
        if expires > self._clock() + LONGEST_LIFE:
            raise IdentityRefused("good_for_too_long")
        identity = Identity.of(claims)
        if identity == Identity():
            raise IdentityRefused("nobody")
        return identity


# Of the request that this task answers; the task of its turn is begun in it and has it too.
_present: ContextVar[Identity | None] = ContextVar("identity", default=None)


@contextmanager
def acting_for(identity: Identity | None) -> Iterator[None]:
    """Inside of it, `present` gives this identity."""
    token = _present.set(identity)
    try:
        yield
    finally:
        _present.reset(token)


def present() -> Identity | None:
    """Who is logged in whose request this task answers; None where nobody is."""
    return _present.get()
