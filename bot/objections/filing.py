"""What is filed in one sitting, and the check that it may be recorded.

The conversation has checked each answer already. The record does not rely on it: whatever arrives
is read again by the same functions, and what is not as it should be is a FieldError.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot import patterns
from bot.objections.accounts import ACCOUNTS_MAX, Account
from bot.objections.errors import FieldError
from bot.objections.fields import parse_country, parse_email, parse_full_name, parse_reason
from bot.objections.references import parse_reference

__all__ = ["Checked", "Filing", "check"]

_CHANNELS = frozenset({"chat"})
_IDEMPOTENCY_KEY = patterns.compile(r"[!-~]{1,200}")
_ROW_ID = patterns.compile(r"[0-9a-f]{32}")
# A language tag such as "en" or "pt-BR".
_LANGUAGE = patterns.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, kw_only=True)
class Filing:
    """One sitting: a person, the account they named, and those that go with it or stand apart.

    `linked_accounts` share the named account's Accounts Center, `unlinked_accounts` do not.
    `sitting` are the numbers of what this person has filed before in the same sitting, as whoever
    calls this knows for certain. `notice_display` is what `ObjectionService.show_notice` returned.
    `idempotency_key` is chosen by the caller, 1 to 200 printable ASCII characters: hard to guess,
    since it gives the answer again, and the same whenever the same filing is sent again.
    """

    full_name: str = field(repr=False)
    email: str = field(repr=False)
    account: Account = field(repr=False)
    linked_accounts: tuple[Account, ...] = field(default=(), repr=False)
    unlinked_accounts: tuple[Account, ...] = field(default=(), repr=False)
    country: str | None = field(default=None, repr=False)
    reason: str | None = field(default=None, repr=False)
    idempotency_key: str = field(repr=False)
    channel: str = "chat"
    language: str = "en"
    sitting: tuple[str, ...] = ()
    notice_display: str | None = None


@dataclass(frozen=True)
class Checked:
    """A filing whose values are valid. Each entry of `centers` becomes one objection."""

    full_name: str = field(repr=False)
    email: str = field(repr=False)
    country: str | None = field(repr=False)
    reason: str | None = field(repr=False)
    centers: tuple[tuple[Account, ...], ...] = field(repr=False)
    idempotency_key: str = field(repr=False)
    channel: str
    language: str
    sitting: tuple[str, ...] = ()
    notice_display: str | None = None


def check(filing: object) -> Checked:
    """Read every value again. Raises FieldError, naming the field, for whatever is not valid."""
    if not isinstance(filing, Filing):
        raise _broken("filing")
    return Checked(
        full_name=parse_full_name(_text(filing.full_name)),
        email=parse_email(_text(filing.email)),
        country=None if filing.country is None else parse_country(_text(filing.country)),
        reason=None if filing.reason is None else parse_reason(_reason(filing.reason)),
        centers=_centers(
            _account("account", filing.account),
            _accounts("linked_accounts", filing.linked_accounts),
            _accounts("unlinked_accounts", filing.unlinked_accounts),
        ),
        idempotency_key=_matching("idempotency_key", filing.idempotency_key, _IDEMPOTENCY_KEY),
        channel=_channel(filing.channel),
        language=_matching("language", filing.language, _LANGUAGE),
        sitting=tuple(parse_reference(_text(number)) for number in filing.sitting),
        notice_display=None
        if filing.notice_display is None
        else _matching("notice_display", filing.notice_display, _ROW_ID),
    )


def _centers(
    named: Account, linked: tuple[Account, ...], unlinked: tuple[Account, ...]
) -> tuple[tuple[Account, ...], ...]:
    """The accounts of each objection. Named twice counts once, and linked wins over unlinked."""
    together = {named.key: named}
    for account in linked:
        together.setdefault(account.key, account)
    apart: dict[object, Account] = {}
    for account in unlinked:
        if account.key not in together:
            apart.setdefault(account.key, account)
    return (tuple(together.values()), *((account,) for account in apart.values()))


def _text(value: object) -> str:
    # Whatever is not text was not an answer; the field's own function says so best.
    return value if isinstance(value, str) else ""


def _reason(value: object) -> str:
    # A reason may be missing, so that one that is not text would vanish without a word.
    if not isinstance(value, str):
        raise _broken("reason")
    return value


def _accounts(name: str, values: object) -> tuple[Account, ...]:
    if not isinstance(values, (tuple, list)):
        raise _broken(name)
    if len(values) > ACCOUNTS_MAX:
        raise FieldError(
            name, "accounts_too_many", f"Please name at most {ACCOUNTS_MAX} accounts at once."
        )
    return tuple(_account(name, value) for value in values)


def _account(name: str, value: object) -> Account:
    if (
        not isinstance(value, Account)
        or not isinstance(value.platform, str)
        or not isinstance(value.handle, str)
    ):
        raise FieldError(
            name,
            "account_missing",
            "Please give your Facebook or Instagram username, or a link to the profile.",
        )
    try:
        return Account.from_dict(value.as_dict())
    except FieldError as error:
        # It knows only "account"; the caller has to know which of the questions to ask again.
        raise FieldError(
            name, error.code, error.sentence, handle=error.handle, platform=error.platform
        ) from None


def _channel(value: object) -> str:
    if not isinstance(value, str) or value not in _CHANNELS:
        raise _broken("channel")
    return value


def _matching(name: str, value: object, pattern: patterns.Pattern) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _broken(name)
    return value


def _broken(name: str) -> FieldError:
    return FieldError(
        name,
        f"{name}_invalid",
        "Something went wrong on our side with your objection. Nothing has been filed yet.",
    )
