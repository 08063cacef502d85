"""Turns: a conversation's events read as what a person sees.

Everything that the chat channel knows about a conversation is read from its stored events; there is
no second record of it. Ids are derived: the n-th message that answers the person's message `m` is
`m.n`, and its k-th button `m.n.k`; what changes a line of the summary is `m.n.<field>`, and the way
back `m.n.back`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

Event = dict[str, Any]

# How a client should ask for a field: attributes of an HTML input.
INPUTS: dict[str, dict[str, str]] = {
    "full_name": {"type": "text", "autocomplete": "name"},
    "email": {"type": "email", "inputmode": "email", "autocomplete": "email"},
    "country": {"type": "text", "autocomplete": "country-name"},
    "account": {"type": "text", "autocomplete": "username"},
    "linked_accounts": {"type": "text", "autocomplete": "off"},
    "unlinked_accounts": {"type": "text", "autocomplete": "off"},
    "reason": {"type": "text", "autocomplete": "off"},
    "reference": {"type": "text", "autocomplete": "off"},
    "verification_code": {
        "type": "text", "inputmode": "numeric", "autocomplete": "one-time-code"
    },
}
# The questions of a filing, in the order of the form in domain.yml; the last shows the summary.
STEPS = (
    "full_name", "email", "country", "account", "linked_accounts", "unlinked_accounts", "reason",
    "objection_confirmed",
)
# What the way to the question before does.
_GO_BACK = "=back"
_ASKS = {
    "say_ask_platform": "account",
    "say_ask_verification_code_elsewhere": "verification_code",
    "say_ask_verification_code_again": "verification_code",
    "say_ask_verification_code_change": "verification_code",
    "say_ask_verification_code_before": "verification_code",
    "say_code_refused": "verification_code",
    "say_code_not_sent": "verification_code",
    "say_ask_new_email": "email",
    "say_ask_new_name": "full_name",
    "say_ask_handle": "account",
    "say_ask_linked_mentioned": "linked_accounts",
    "say_file_what_to_change": "objection_confirmed",
    "say_ask_back_name": "full_name",
    "say_ask_back_email_typo": "email",
    "say_ask_back_email_second": "email",
    "say_ask_back_region": "country",
}
_TOPICS = {
    "say_file": "file_objection",
    "say_ask": "file_objection",
    "say_why": "file_objection",
    "say_where": "file_objection",
    "say_explain": "file_objection",
    "say_needed": "file_objection",
    "say_status": "check_status",
    "say_withdraw": "withdraw_objection",
    "say_out": "out_of_scope",
    "say_ask_reference": "check_status",
    "say_ask_verification_code": "file_objection",
    "say_ask_verification_code_elsewhere": "check_status",
    "say_ask_verification_code_before": "file_objection",
    "say_ask_verification_code_again": "check_status",
    "say_ask_verification_code_change": "check_status",
    "say_ask_new_email": "check_status",
    "say_ask_new_name": "check_status",
    "say_code": "check_status",
    "say_code_not_sent_after_filing": "file_objection",
    "say_contact": "check_status",
}


@dataclass(frozen=True)
class Button:
    """A choice that was offered; `payload` stays on the server."""

    id: str
    title: str
    payload: str

    def as_dict(self) -> dict[str, str]:
        """The button as a client sees it."""
        return {"id": self.id, "title": self.title}


@dataclass(frozen=True)
class CardLine:
    """One line of a summary, with the button that changes it."""

    field: str
    title: str
    value: str
    change: Button


@dataclass(frozen=True)
class BotMessage:
    """One message of the bot, in the terms of the HTTP contract."""

    id: str
    text: str
    at: float
    topic: str | None = None
    asks: str | None = None
    buttons: tuple[Button, ...] = ()
    # A file to keep, as {"url", "title"}; fetched with the session's token.
    download: dict[str, str] | None = None
    # The summary that the text tells, line by line.
    card: tuple[CardLine, ...] = ()
    # To the question before; None where there is none.
    back: Button | None = None
    # Whether it says why what the person wrote was not taken.
    is_problem: bool = False
    # Steps that were answered before the filing began: they are not counted.
    answered: tuple[str, ...] = ()

    @property
    def every_button(self) -> tuple[Button, ...]:
        """All that can be pressed: the choices, the lines of the card, the way back."""
        changes = tuple(line.change for line in self.card)
        return (*self.buttons, *changes, *((self.back,) if self.back else ()))

    def as_dict(self) -> dict[str, Any]:
        """The message as the contract's JSON object."""
        message: dict[str, Any] = {
            "id": self.id,
            "text": self.text,
            "topic": self.topic,
            "asks": self.asks,
            "buttons": [button.as_dict() for button in self.buttons],
        }
        if self.asks in INPUTS:
            message["input"] = INPUTS[self.asks]
        if self.download is not None:
            message["download"] = self.download
        if self.asks in STEPS:
            steps = _steps(self.asks, self.answered)
            message["progress"] = {"step": steps.index(self.asks) + 1, "of": len(steps)}
        if self.back is not None:
            message["back"] = self.back.as_dict()
        if self.card:
            message["card"] = [
                {"field": line.field, "title": line.title, "value": line.value,
                 "change": line.change.as_dict()}
                for line in self.card
            ]
        if self.is_problem:
            message["problem"] = True
        return message


@dataclass
class Turn:
    """What a person wrote or pressed, and the bot's answer to it."""

    id: str
    text: str
    at: float
    # Nobody said it: the widget opened and let the bot introduce itself.
    is_silent: bool = False
    answer: list[BotMessage] = field(default_factory=list)


def turns(events: Iterable[Event]) -> list[Turn]:
    """The turns of a conversation, oldest first.

    The welcome, which Rasa says before it reads the first message, belongs to the first turn.
    """
    found: list[Turn] = []
    welcome: list[Event] = []
    in_session_start = False
    buttons: dict[str, Button] = {}
    for event in events:
        kind = event["event"]
        if kind == "action" and event["name"] == "action_session_start":
            in_session_start = True
        elif kind == "user":
            buttons.update(offered(found[-1:]))
            pressed = str((event.get("metadata") or {}).get("button"))
            turn = Turn(
                event.get("message_id") or "",
                _said(event, buttons.get(pressed)),
                event["timestamp"],
                is_silent=pressed == "hello",
            )
            for said in welcome:
                turn.answer.append(_message(turn, said))
            found.append(turn)
            welcome, in_session_start = [], False
        elif kind == "bot" and in_session_start:
            welcome.append(event)
        elif kind == "bot" and found:
            found[-1].answer.append(_message(found[-1], event))
    return found


def offered(found: Iterable[Turn]) -> dict[str, Button]:
    """Every button that was offered in these turns, by id."""
    return {
        button.id: button
        for turn in found
        for message in turn.answer
        for button in message.every_button
    }


def history(found: Iterable[Turn]) -> list[dict[str, Any]]:
    """The turns as the contract's list of messages, the person's and the bot's."""
    messages: list[dict[str, Any]] = []
    for turn in found:
        said = {"from": "person", "id": turn.id, "text": turn.text, "at": _iso(turn.at)}
        messages += [] if turn.is_silent else [said]
        for message in turn.answer:
            messages.append({"from": "bot", **message.as_dict(), "at": _iso(message.at)})
    return messages


def filed(events: Iterable[Event]) -> frozenset[str]:
    """The numbers of all objections that were filed in this conversation."""
    return frozenset(
        reference
        for event in events
        if event["event"] == "slot" and event["name"] == "references"
        for reference in event["value"] or ()
    )


def _said(event: Event, pressed: Button | None) -> str:
    """What the person wrote, or the title of what they pressed: a payload is not for people."""
    text = event.get("text") or ""
    return pressed.title if pressed is not None and text == pressed.payload else text


def _message(turn: Turn, event: Event) -> BotMessage:
    # Rasa keeps the values that filled the response beside its name.
    metadata = event.get("metadata") or {}
    response = str(metadata.get("utter_action") or "")
    identity = f"{turn.id}.{len(turn.answer)}"
    data = event.get("data") or {}
    buttons = data.get("buttons") or []
    asks = _asked(response)
    answered = tuple(metadata.get("answered") or ())
    goes_back = response.startswith("say_ask_") and asks in _steps(asks, answered)[1:]
    return BotMessage(
        id=identity,
        text=event.get("text") or "",
        at=event["timestamp"],
        topic=_topic(response),
        asks=asks,
        buttons=tuple(
            Button(f"{identity}.{k}", button["title"], button["payload"])
            for k, button in enumerate(buttons)
        ),
        download=(data.get("custom") or {}).get("download"),
        card=tuple(
            CardLine(line["field"], line["title"], line["value"],
                     Button(f"{identity}.{line['field']}", line["change"].capitalize(),
                            f"=change {line['field']}"))
            for line in metadata.get("card") or ()
        ),
        back=Button(f"{identity}.back", "Back", _GO_BACK) if goes_back else None,
        is_problem=response.endswith("_problem"),
        answered=answered,
    )


def _steps(asks: str | None, answered: Collection[str]) -> list[str]:
    """The questions of a filing without those that need no asking, apart from `asks`."""
    return [step for step in STEPS if step == asks or step not in answered]


def _topic(response: str) -> str | None:
    if response in _TOPICS:
        return _TOPICS[response]
    if response.startswith("utter_"):
        return response.removeprefix("utter_")
    return _TOPICS.get("_".join(response.split("_")[:2]))


def _asked(response: str) -> str | None:
    if response in _ASKS:
        return _ASKS[response]
    return response.removeprefix("say_ask_") if response.startswith("say_ask_") else None


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="seconds")
