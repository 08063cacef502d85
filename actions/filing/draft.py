"""The draft: what a person has told so far, as the form's slots hold it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.objections.accounts import Account
from bot.objections.countries import country_name
from bot.objections.filing import Filing
from bot.objections.sitting import Known

# In the order in which they are asked for.
FIELDS = (
    "full_name", "email", "country", "account", "linked_accounts", "unlinked_accounts", "reason",
)
ACCOUNT_LISTS = ("linked_accounts", "unlinked_accounts")
SKIPPED = ""
_EVERYTHING = (*FIELDS, "objection_confirmed", "pending_account", "mentioned_accounts",
               "summary_shown", "attempted", "draft_id", "notice_display", "asked_back",
               "linked_before")

Slots = Mapping[str, Any]


def emptied() -> dict[str, None]:
    """Slots that end a draft: nothing of it is left, its id included."""
    return dict.fromkeys(_EVERYTHING)


def from_before(known: Known) -> dict[str, str]:
    """Slots that hold what the person told in an earlier filing: it is not asked for again."""
    return {
        "full_name": known.full_name,
        "email": known.email,
        "country": known.country or SKIPPED,
        "reason": known.reason or SKIPPED,
    }


def labels(accounts: Iterable[Mapping[str, Any]]) -> str:
    """The names of accounts as slots hold them: "ana.s on Instagram, ana.silva on Facebook"."""
    return ", ".join(Account.from_dict(account).label for account in accounts)


def shown(field: str, value: Any) -> str:
    """The value of a field for the person who gave it."""
    if field == "country":
        return country_name(value) if value else "not given"
    if field == "account":
        return Account.from_dict(value).label
    if field in ACCOUNT_LISTS:
        return labels(value) or "none"
    if field == "reason":
        return " ".join(value.split()) or "none given"
    return str(value)


_TITLES = {
    "full_name": "Name",
    "email": "E-mail",
    "country": "Country",
    "account": "Account",
    "linked_accounts": "Others in the same Accounts Center",
    "unlinked_accounts": "Not linked, so filed on their own",
    "reason": "Reason",
}
# Shorter than in the summary, for it is said at once.
_NOTED = {
    "linked_accounts": "In the same Accounts Center",
    "unlinked_accounts": "Not linked, so filed on its own",
}
# As in the buttons of `say_file_what_to_change`.
_CHANGES = {
    "full_name": "change my name",
    "email": "change my e-mail",
    "country": "change my country",
    "account": "change my account",
    "linked_accounts": "change the linked accounts",
    "unlinked_accounts": "change the unlinked accounts",
    "reason": "change the reason",
}


def summary(slots: Slots, fields: Iterable[str] = FIELDS) -> str:
    """Everything that would be filed, or these fields of it, a line a field."""
    return "\n".join(f"- {_TITLES[field]}: {shown(field, slots[field])}" for field in fields)


def noted(slots: Slots, fields: Iterable[str]) -> str:
    """What was taken, in a line: "Name: Ana Silva. E-mail: ana@example.org."."""
    titles = {**_TITLES, **_NOTED}
    said = (f"{titles[field]}: {shown(field, slots[field])}" for field in fields)
    return " ".join(one if one.endswith(".") else f"{one}." for one in said)


def titles(fields: Iterable[str]) -> str:
    """What these fields are called: "name, e-mail"."""
    return ", ".join(_TITLES[field].lower() for field in fields)


def card(slots: Slots) -> list[dict[str, str]]:
    """The summary line by line: `field`, `title`, `value`, and what is said to change it."""
    return [
        {"field": field, "title": _TITLES[field], "value": shown(field, slots[field]),
         "change": _CHANGES[field]}
        for field in FIELDS
    ]


def filing(slots: Slots) -> Filing:
    """What the service is asked to record. It checks every value again; slots are not trusted.

    Raises:
        FieldError: a slot does not hold an account.
    """
    return Filing(
        full_name=slots["full_name"],
        email=slots["email"],
        country=slots["country"] or None,
        account=Account.from_dict(slots["account"] or {}),
        linked_accounts=_accounts(slots["linked_accounts"]),
        unlinked_accounts=_accounts(slots["unlinked_accounts"]),
        reason=slots["reason"] or None,
        idempotency_key=slots["draft_id"],
        channel="chat",
        language="en",
        sitting=tuple(slots.get("references") or ()),
        notice_display=slots.get("notice_display"),
    )


def _accounts(items: Any) -> tuple[Account, ...]:
    return tuple(Account.from_dict(item) for item in items or ())
