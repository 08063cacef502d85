"""Takes a person's details out of a conversation once the filing they belong to is over.

A filing begins where the slot `draft_id` gets a value and is over where it loses that value: filed,
cancelled or begun anew. What was said between is personal: the person's words, the slots, the
summary.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

REMOVED = "(removed: this belonged to a filing that is over)"
PERSONAL_SLOTS = frozenset(
    {"full_name", "email", "country", "account", "linked_accounts", "unlinked_accounts", "reason",
     "pending_account", "mentioned_accounts", "asked_back", "linked_before"}
)
# Responses that say a person's details back.
PERSONAL_RESPONSES = frozenset(
    {"say_file_login", "say_ask_objection_confirmed", "say_file_changed", "say_ask_platform",
     "say_ask_linked_accounts", "say_ask_unlinked_accounts", "say_ask_linked_mentioned",
     "say_file_taken", "say_file_taken_off", "say_file_progress",
     "say_file_no_country", "say_ask_back_name", "say_ask_back_email_typo",
     "say_ask_back_email_second",
     "say_ask_back_region"}
)

# Topics of messages that hold a code, a name or an address.
HAS_DETAILS = frozenset({"check_status/code", "check_status/contact"})

Event = dict[str, Any]


def redacted(events: list[Event], since: int) -> Iterator[tuple[int, Event]]:
    """What has to be stored anew after events were appended.

    Args:
        events: all events of the conversation.
        since: index of the first event that is new.

    Yields:
        (index, event without personal data), for filings that one of the new events ended, and
        for new messages with a code or with another name or address.
    """
    for index in range(since, len(events)):
        if has_details(events[index]):
            yield index, _without_words(events[index])
    begun: int | None = None
    for index, event in enumerate(events):
        if event["event"] != "slot" or event["name"] != "draft_id":
            continue
        if begun is not None and event["value"] != events[begun]["value"]:
            if index >= since:
                yield from _clean(events, _turn_start(events, begun), index)
            begun = None
        if begun is None and event["value"] is not None:
            begun = index


def filing_since(events: list[Event], draft: Any) -> int | None:
    """Where the filing began that is going on after these events.

    Args:
        events: events of a conversation that follow each other.
        draft: value of the slot `draft_id` before them.

    Returns:
        The index of the person's words that began it, -1 when that was before these events, None
        when there is no filing going on.
    """
    begun = None if draft is None else -1
    for index, event in enumerate(events):
        if event["event"] != "slot" or event["name"] != "draft_id" or event["value"] == draft:
            continue
        draft = event["value"]
        begun = None if draft is None else _turn_start(events, index)
    return begun


def _turn_start(events: list[Event], index: int) -> int:
    """The index of the person's words that set off the event at `index`."""
    while index > 0 and events[index]["event"] != "user":
        index -= 1
    return index


def _clean(events: list[Event], start: int, end: int) -> Iterator[tuple[int, Event]]:
    for index in range(start, end + 1):
        event = events[index]
        kind = event["event"]
        if kind == "user":
            yield index, _without_words(event)
        elif kind == "slot" and event["name"] in PERSONAL_SLOTS and event["value"] is not None:
            yield index, {**event, "value": None}
        elif kind == "bot" and _says_details(event):
            yield index, {**event, "text": REMOVED, "metadata": _name_only(event)}


def _without_words(event: Event) -> Event:
    clean = copy.deepcopy(event)
    clean["text"] = REMOVED
    parsed = clean.setdefault("parse_data", {})
    parsed["text"] = REMOVED
    # What was read in the words holds them too.
    parsed.pop("commands", None)
    return clean


def has_details(event: Event) -> bool:
    """Whether somebody typed a code, or another name or address: done with in the same turn."""
    return event["event"] == "user" and (
        (event.get("parse_data") or {}).get("topic") in HAS_DETAILS
    )


def _says_details(event: Event) -> bool:
    return event.get("metadata", {}).get("utter_action") in PERSONAL_RESPONSES


def _name_only(event: Event) -> dict[str, Any]:
    return {"utter_action": event["metadata"]["utter_action"]}
