"""How replies about accounts are read: the one that is filed for, and the others of the person."""

from __future__ import annotations

from actions.filing import phrases
from actions.filing.draft import ACCOUNT_LISTS, Slots, labels
from actions.filing.said import Note, Reading, Said
from bot.objections.accounts import (
    Account,
    all_of,
    names_somebody_else,
    parse_account,
    scan_accounts,
)
from bot.objections.details import Details
from bot.objections.errors import FieldError


def keep_further(reading: Reading, details: Details, draft: Slots) -> None:
    """Remember accounts that were named beside the one that is filed for, to ask about them."""
    main = reading.slots.get("account") or draft.get("account")
    named = [a.as_dict() for a in (details.account, *details.further_accounts) if a is not None]
    listed = (draft.get("linked_accounts") or []) + (draft.get("unlinked_accounts") or [])
    further = [account for account in named if account != main and account not in listed]
    if not further or main is None:
        return
    if draft.get("linked_accounts") is None:
        reading.slots["mentioned_accounts"] = further
    else:
        reading.notes.append(Note("say_file_one_more", {"accounts": labels(further)}))
        reading.slots["objection_confirmed"] = None


def means_another(said: Said) -> bool:
    """Whether an account is the right one instead of the one that was given, not one more."""
    if said.asked in ACCOUNT_LISTS:
        return bool(phrases.REPLACES.search(said.text))
    return bool(phrases.CORRECTS.search(said.text))


def complete(reading: Reading, said: Said, draft: Slots) -> bool:
    """The other half of an account that was named without its platform, or without its handle."""
    known = " ".join(draft["pending_account"].values())
    try:
        account = parse_account(f"{known} {said.text}" if said.text.count(" ") < 4 else said.text)
    except FieldError:
        return False
    reading.slots.update(account=account.as_dict(), pending_account=None, objection_confirmed=None)
    return True


def takes_off(reading: Reading, said: Said, draft: Slots) -> bool:
    """Whether accounts are taken off the lists again: "remove facebook ana.old"."""
    if not phrases.TAKES_OFF.search(said.text) or said.asks_something:
        return False
    named = [account.as_dict() for account in scan_accounts(said.text)[0]]
    if not named:
        return False
    for field in ACCOUNT_LISTS:
        listed = draft.get(field) or []
        kept = [account for account in listed if account not in named]
        if kept != listed:
            reading.slots.update({field: kept, "objection_confirmed": None})
    if reading.slots:
        reading.notes.append(Note("say_file_taken_off", {"accounts": labels(named)}))
    else:
        # The one that is filed for is asked for anew; of any other nothing was there to take.
        assert said.asked is not None
        reading.slots["account" if draft.get("account") in named else said.asked] = None
    return True


def read_list(reading: Reading, said: Said, draft: Slots) -> None:
    """The answer to a question for further accounts: a list, none, unsure, or somebody else's."""
    assert said.asked is not None
    if names_somebody_else(said.text):
        reading.slots[said.asked] = None
        reading.notes.append(Note("say_file_own_accounts"))
        return
    # "No, only facebook ana.silva" and "not sure, maybe instagram ana_b" name accounts.
    text = phrases.UNSURE.sub(" ", said.text)
    found = scan_accounts(text)
    names_some = bool(found[0])
    mentioned = draft.get("mentioned_accounts") if said.asked == "linked_accounts" else None
    if mentioned and not names_some and _sort_mentioned(reading, said, mentioned):
        return
    if not names_some and phrases.UNSURE.search(said.text):
        reading.slots[said.asked] = []
        if said.asked == "linked_accounts":
            reading.notes.append(Note("say_file_not_sure"))
        return
    ends = (phrases.NONE.fullmatch, phrases.GOES_ON.fullmatch)
    if not names_some and (said.topic == "deny" or any(e(said.text.strip()) for e in ends)):
        reading.slots[said.asked] = []
        return
    if said.topic == "affirm" and phrases.is_yes(said.text.strip()):
        reading.slots[said.asked] = None
        reading.notes.append(Note("say_file_name_accounts"))
        return
    try:
        accounts = all_of(*found)
    except FieldError as error:
        reading.note_problem(said.asked, error)
        return
    own = draft.get("account")
    others = [a.as_dict() for a in accounts if own is None or a != Account.from_dict(own)]
    if said.asked == "linked_accounts" and phrases.NOT_LINKED.search(said.text):
        reading.slots.update(linked_accounts=[], unlinked_accounts=others)
    else:
        reading.slots[said.asked] = others


def _sort_mentioned(reading: Reading, said: Said, mentioned: list[dict[str, str]]) -> bool:
    """Whether it was said if the accounts that were named before are linked.

    Where the person does not know, each gets an objection of its own, which covers it either way.
    """
    text = said.text.strip()
    apart = (phrases.UNSURE.search, phrases.NONE.fullmatch, phrases.NOT_LINKED.search)
    if phrases.is_yes(text) or said.topic == "affirm":
        reading.slots.update(linked_accounts=mentioned)
    elif said.topic == "deny" or any(matches(text) for matches in apart):
        reading.slots.update(linked_accounts=[], unlinked_accounts=mentioned)
    else:
        return False
    reading.slots["mentioned_accounts"] = None
    return True
