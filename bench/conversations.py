"""Whole conversations with the real model, actions and database: how many go wholly right.

    python -m bench.conversations tests/evaluation/conversations.yml [--quiet]

Each line of the script is said when the bot asks for what it answers; what was given before is left
out. A conversation is right when everything in `achieve` and `expect` holds and nothing in `never`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot import log
from bot.app import Application
from bot.runtime.training import train_when_needed
from bot.runtime.turns import BotMessage
from bot.settings import ROOT, Settings
from bot.understanding.context import asked_for

Script = Mapping[str, Any]
# How often the bot may ask something that the script does not answer by itself.
PATIENCE = 6
_FIELDS = {
    "full_name": "full_name",
    "email": "email",
    "country": "country",
    "account": "account",
    "reason": "reason",
}
_LISTS = {"linked": "linked_accounts", "unlinked": "unlinked_accounts"}


@dataclass
class Talk:
    """One conversation as it goes: all that the bot said, the last summary, what is asked for."""

    application: Application
    loop: asyncio.AbstractEventLoop
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    said: list[str] = field(default_factory=list)
    topics: set[str] = field(default_factory=set)
    summary: dict[str, str] = field(default_factory=dict)
    last: list[BotMessage] = field(default_factory=list)
    filed: bool = False
    withdrawn: bool = False

    def say(self, text: str) -> None:
        """Type a text."""
        self._took(self.application.conversations.say(self.id, uuid.uuid4().hex, text))  # type: ignore[union-attr]

    def press(self, title: str) -> bool:
        """Press a button of the last answer; False where there is none of that name."""
        for message in self.last:
            for button in message.buttons:
                if button.title == title:
                    conversations = self.application.conversations
                    self._took(conversations.press(self.id, uuid.uuid4().hex, button.id))  # type: ignore[union-attr]
                    return True
        return False

    def asked(self) -> str:
        """What is asked for, as scripts call it."""
        tracker = self.loop.run_until_complete(
            self.application.agent.tracker_store.retrieve(self.id)
        )
        slots = tracker.current_slot_values()
        if slots.get("asked_back"):
            return "asked_back"
        taking_back = any("withdraw_objection/" in b.payload for m in self.last for b in m.buttons)
        if taking_back:
            return "withdraw_confirm"
        return asked_for(slots, tracker.active_loop_name)

    def _took(self, turn: Any) -> None:
        self.last = self.loop.run_until_complete(turn).answer
        for message in self.last:
            self.said.append(message.text)
            if message.topic:
                self.topics.add(message.topic)
            if message.card:
                self.summary = {line.field: line.value for line in message.card}
            self.filed |= "recorded. Please keep the number" in message.text
            self.withdrawn |= message.text.startswith("This was taken back and")


def run(script: Script, talk: Talk) -> list[str]:
    """Hold one conversation; what went wrong in it, [] where nothing did."""
    wrong: list[str] = []
    turns = list(script["turns"])
    idle = 0
    while turns and idle < PATIENCE:
        asked = talk.asked() if talk.last else "open"
        place = next(
            (i for i, turn in enumerate(turns) if not talk.last or _fits(turn.get("at"), asked)),
            None,
        )
        if place is None:
            buttons = [button.title for message in talk.last for button in message.buttons]
            if "Yes" not in buttons:
                break
            idle += 1
            talk.press("Yes")
            continue
        turn = turns[place]
        # What stands before it was given already.
        turns = turns[place + 1 :]
        if "press" in turn:
            if not talk.press(turn["press"]):
                talk.say(turn["press"])
        else:
            talk.say(turn["says"])
        if turn.get("expect") and not _as_expected(turn["expect"], asked, talk):
            wrong.append(f"{turn.get('says')!r}: {turn['expect']} expected")
    return wrong + _achieved(script, talk)


def _fits(at: str | None, asked: str) -> bool:
    # Of an account one half may be known already.
    return at in (None, asked) or (at == "account" and asked in ("platform", "handle"))


def _as_expected(expected: str, asked: str, talk: Talk) -> bool:
    if expected == "answer":
        return (
            any(
                (m.topic and m.topic.startswith(("faq/", "not_covered/", "human", "bot_", "chat_")))
                or "say_why" in (m.topic or "")
                for m in talk.last
            )
            or len(talk.last) > 1
        )
    if expected == "asks_back":
        return any(m.buttons for m in talk.last) or talk.asked() == asked
    return talk.asked() == asked


def _achieved(script: Script, talk: Talk) -> list[str]:
    wrong = []
    wanted = dict(script.get("achieve") or {})
    for name in ("filed", "withdrawn"):
        if name in wanted and bool(wanted[name]) != getattr(talk, name):
            wrong.append(f"{name}: {getattr(talk, name)}")
    for name, slot in _FIELDS.items():
        if name in wanted and not _same(wanted[name], talk.summary.get(slot, ""), name):
            wrong.append(f"{name}: {talk.summary.get(slot)!r} instead of {wanted[name]!r}")
    for name, slot in _LISTS.items():
        if name in wanted:
            shown = talk.summary.get(slot, "none")
            have = set() if shown == "none" else {one.lower() for one in shown.split(", ")}
            if have != {one.lower() for one in wanted[name] or ()}:
                wrong.append(f"{name}: {shown!r} instead of {wanted[name]!r}")
    wrong += [f"{t}: not answered" for t in wanted.get("topics") or () if t not in talk.topics]
    everything = "\n".join(talk.said)
    wrong += [f"said: {text!r}" for text in script.get("never") or () if str(text) in everything]
    return wrong


def _same(wanted: Any, shown: str, name: str) -> bool:
    if wanted is None or wanted == "":
        return shown in ("", "not given", "none given")
    wanted, shown = str(wanted).casefold(), shown.casefold()
    return wanted in shown if name == "reason" else wanted == shown


def main() -> None:
    """Run a file of conversations and print how many went right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--quiet", action="store_true", help="figures alone, nothing of the set")
    given = parser.parse_args()
    log.configure("ERROR")
    scripts: Sequence[Script] = [
        one for file in given.files for one in yaml.safe_load(file.read_text("utf-8"))
    ]
    with tempfile.TemporaryDirectory() as folder:
        application = Application(Settings.load({"DATA_DIR": folder}), train_when_needed(ROOT))
        application.start()
        loop = asyncio.new_event_loop()
        found = {one["id"]: run(one, Talk(application, loop)) for one in scripts}
        loop.run_until_complete(application.stop())
    right = [name for name, wrong in found.items() if not wrong]
    print(json.dumps({"n": len(scripts), "right": round(len(right) / len(scripts), 3)}))
    if not given.quiet:
        for name, wrong in found.items():
            if wrong:
                print(name, wrong)


if __name__ == "__main__":
    main()
