"""Commands about accounts, applied: which one is filed for, which go with it, which stand apart."""

from __future__ import annotations

from collections.abc import Iterator

from actions.filing.draft import ACCOUNT_LISTS, labels
from actions.filing.outcome import Note, Outcome
from bot.objections.accounts import account_of
from bot.objections.errors import FieldError
from bot.understanding.commands import Command

__all__ = ["add_account", "leave_lists_empty", "remove_account", "sort_mentioned"]

# Where an account can stand in a draft, in the order in which one takes the place of another.
_PLACES = ("account", "linked_accounts", "mentioned_accounts", "unlinked_accounts")


def add_account(outcome: Outcome, command: Command) -> None:
    """An account that was named: whole, or one half of one; instead of another, or one more."""
    if command.value is not None:
        outcome.say("say_file_problem", problem=command.value)
        return
    pending = outcome.draft.get("pending_account") or {}
    platform = command.platform or pending.get("platform")
    handle = command.handle or pending.get("handle")
    said = command.relation if command.relation in ("linked", "unlinked") else None
    relation = said or pending.get("relation") or command.relation or "named"
    if command.replaces is not None and _replace(outcome, command):
        return
    if platform is None or handle is None:
        _ask_for_half(outcome, platform, handle, relation)
        return
    try:
        account = account_of(platform, handle).as_dict()  # type: ignore[arg-type]
    except FieldError as error:
        outcome.problem(error)
        return
    if pending:
        outcome.slots["pending_account"] = None
    if outcome.now("account") is None or relation == "main":
        _put_main(outcome, account)
    else:
        _put(outcome, account, relation)


def _ask_for_half(
    outcome: Outcome, platform: str | None, handle: str | None, relation: str
) -> None:
    """One half of an account is known: the other is asked for, and the first one is kept."""
    if platform is None and handle is None:
        return
    known = {"platform": platform} if platform else {"handle": handle}
    if relation not in ("main", "named"):
        known["relation"] = relation
    outcome.slots["pending_account"] = known
    if outcome.now("account") is None:
        outcome.ask("account")
    elif outcome.asked in ACCOUNT_LISTS:
        outcome.slots.setdefault(outcome.asked, None)
    else:
        # Asked for where accounts are: those that stand there stay.
        outcome.slots["linked_before"] = outcome.now("linked_accounts")
        outcome.ask("linked_accounts")


def _put_main(outcome: Outcome, account: dict[str, str]) -> None:
    for place in _PLACES[1:]:
        _drop(outcome, place, account)
    outcome.take("account", account)


def _put(outcome: Outcome, account: dict[str, str], relation: str) -> None:
    if account == outcome.now("account"):
        return
    if relation == "named":
        standing = [one for place in ACCOUNT_LISTS for one in outcome.now(place) or ()]
        if account not in standing:
            mentioned = [one for one in outcome.now("mentioned_accounts") or () if one != account]
            outcome.slots["mentioned_accounts"] = [*mentioned, account]
            if outcome.now("linked_accounts") is not None:
                # Asked again for this one alone; the others stay.
                outcome.slots["linked_before"] = outcome.now("linked_accounts")
                outcome.ask("linked_accounts")
        return
    field = f"{relation}_accounts"
    for place in _PLACES[1:]:
        if place != field:
            _drop(outcome, place, account)
    listed = [one for one in _listed(outcome, field) if one != account]
    outcome.take(field, [*listed, account])
    if field == "linked_accounts":
        outcome.slots["linked_before"] = None
    if relation == "unlinked" and outcome.asked == "linked_accounts":
        # Who names one that is not linked has no other that is, unless another is named too.
        outcome.slots.setdefault("linked_accounts", _listed(outcome, "linked_accounts"))


def _drop(outcome: Outcome, place: str, account: dict[str, str]) -> None:
    listed = outcome.now(place)
    if listed and account in listed:
        outcome.slots[place] = [one for one in listed if one != account] or (
            None if place == "mentioned_accounts" else []
        )


# --- instead of another, and taken out


def _replace(outcome: Outcome, command: Command) -> bool:
    """Put an account in the place of the one that was wrong; False where there is none."""
    old = _meant(outcome, command)
    if old is None:
        return False
    place, account = old
    platform = command.platform or account["platform"]
    handle = command.handle or account["handle"]
    try:
        new = account_of(platform, handle).as_dict()  # type: ignore[arg-type]
    except FieldError as error:
        outcome.problem(error)
        return True
    if place == "account":
        _put_main(outcome, new)
    else:
        outcome.take(place, [new if one == account else one for one in outcome.now(place)])
    return True


def _meant(outcome: Outcome, command: Command) -> tuple[str, dict[str, str]] | None:
    """Which account of the draft a correction is about."""
    platform, handle = (*(command.replaces or ()), None, None)[:2]
    standing = [*_standing(outcome)]
    for one in standing:
        if handle and one[1]["handle"] == handle:
            return one
    if platform is None and command.handle:
        platform = command.platform
    alike = [one for one in standing if platform in (None, one[1]["platform"])]
    own = [one for one in alike if one[0] == outcome.asked]
    return next(iter(own or alike or standing), None)


def remove_account(outcome: Outcome, command: Command) -> None:
    """Take out the accounts that are meant; where the one that is filed for goes, the next one
    takes its place, or it is asked for anew."""
    meant = [
        one
        for one in _standing(outcome)
        if command.handle in (None, one[1]["handle"])
        and command.platform in (None, one[1]["platform"])
    ]
    if not meant:
        outcome.say("say_file_not_in_it")
        return
    for place, account in meant:
        if place == "account":
            _remove_main(outcome)
        else:
            _drop(outcome, place, account)
        outcome.slots.setdefault("objection_confirmed", None)
    said = labels(account for _, account in meant)
    outcome.notes.append(Note("say_file_taken_off", {"accounts": said}))


def _remove_main(outcome: Outcome) -> None:
    for place in _PLACES[1:]:
        listed = outcome.now(place)
        if listed:
            first = listed[0]
            _drop(outcome, place, first)
            outcome.take("account", first)
            return
    outcome.ask("account")


def _standing(outcome: Outcome) -> Iterator[tuple[str, dict[str, str]]]:
    """Every account of the draft with its place."""
    main = outcome.now("account")
    if main:
        yield "account", main
    for place in _PLACES[1:]:
        for account in outcome.now(place) or ():
            yield place, account


# --- lists


def sort_mentioned(outcome: Outcome, *, linked: bool) -> None:
    """It was said whether the accounts that were named before are linked."""
    mentioned = outcome.now("mentioned_accounts") or []
    before = outcome.now("linked_before") or []
    outcome.slots.update(mentioned_accounts=None, linked_before=None)
    if linked:
        outcome.take("linked_accounts", [*before, *mentioned])
    else:
        outcome.slots["linked_accounts"] = before
        outcome.take("unlinked_accounts", [*(outcome.now("unlinked_accounts") or ()), *mentioned])


def leave_lists_empty(outcome: Outcome, *fields: str) -> None:
    """There are no (further) accounts of these kinds than those that were named."""
    for field in fields:
        outcome.slots[field] = _listed(outcome, field)
        if field == "linked_accounts":
            outcome.slots["linked_before"] = None


def _listed(outcome: Outcome, field: str) -> list[dict[str, str]]:
    """The accounts of a list, those that stood there before it was asked for again among them."""
    before = outcome.now("linked_before") if field == "linked_accounts" else None
    return outcome.now(field) or before or []
