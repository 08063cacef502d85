"""Which rule a message is for, where its commands say so; pure.

In a filing the form takes what the commands bring, and a rule what ends it or asks something.
Outside of one the commands say what no topic can: that a code came, that an account is to be added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.nlu.topics import OUT_OF_SCOPE, RETRIEVAL_INTENTS, Decision, decided, intent_of
from bot.understanding.commands import Command
from bot.understanding.context import Context

__all__ = ["FILE", "REPLY", "TAKE_BACK", "settled", "with_topic"]

# The intent of a message that says something to the form, or to what is awaited.
REPLY = "reply"
# Acts that are a rule's, wherever they are said.
_TOPICS = {
    "start_over": "start_over", "human": "human_handoff", "bot": "bot_challenge",
    "privacy": "chat_privacy", "status": "check_status", "withdraw": "withdraw_objection",
    "greet": "greet", "thanks": "thank", "bye": "goodbye", "stop": "cancel",
}  # fmt: skip
# Of these the answer is said beside a value, and the form goes on.
_ASIDES = frozenset(("human", "bot", "privacy"))
_AFTERWARDS = {
    "new_code": "check_status/new_code", "no_code": "check_status/no_code",
    "lost_number": "check_status/lost_number",
}  # fmt: skip
# From here on an act counts outside of a filing, where a topic is the likelier thing.
SURE = 0.6
# Where something was filed before and a code is awaited, fewer things can be meant.
LIKELY = 0.4
# For what is none of our topics it has to be plain.
PLAIN = 0.9
# A wish to stop throws the answers away: below this it is asked back.
SURE_TO_STOP = 0.5
_CONTACT = {"email": "check_status/contact_email", "full_name": "check_status/contact_name"}


def settled(commands: Sequence[Command], context: Context) -> dict[str, Any] | None:
    """The decision that commands make, as properties of a message; None where a topic decides."""
    if not commands:
        return None
    if context.is_filing and context.asked != "number":
        return _in_filing(commands)
    topic = _outside(commands, context)
    return None if topic is None else decided(Decision(topic, 1.0, [(topic, 1.0)]))


def with_topic(decision: Decision, commands: Sequence[Command], context: Context) -> dict[str, Any]:
    """The properties of a message whose topic was looked for.

    In a filing a question never ends it, whatever it sounds like; and where the message brings
    something too, `asides` are the topics that the form answers before it goes on, [] where none
    was found.
    """
    if not context.is_filing:
        asides = _begins(decision, commands, context)
        if asides is not None:
            return {**_decided("file_objection"), "asides": asides}
        unsure = decision.is_unsure or decision.topic == OUT_OF_SCOPE
        border = SURE if decision.is_unsure else PLAIN
        helps = unsure and not decision.in_distress and context.asked != "number"
        topic = _unsure(commands, context, border) if helps else None
        return _decided(topic) if topic else decided(decision)
    found = () if decision.is_unsure else (decision.topic, *decision.also)
    answered = [topic for topic in found if intent_of(topic) in RETRIEVAL_INTENTS]
    if any(one.do not in _FOR_A_RULE for one in commands):
        return {**_decided(REPLY), "asides": answered}
    if decision.is_unsure or intent_of(decision.topic) in _IN_A_FILING:
        return decided(decision)
    likely = [t for t, _ in decision.ranking if intent_of(t) in RETRIEVAL_INTENTS][:OFFERED]
    return decided(replace(decision, is_unsure=True, offered=tuple(likely)))


OFFERED = 3
_FOR_A_RULE = frozenset(("ask", "off", "distress", *_TOPICS))
# What a question in a filing may be about; nothing that would end it.
_IN_A_FILING = frozenset(
    (
        *RETRIEVAL_INTENTS,
        "out_of_scope",
        "human_handoff",
        "bot_challenge",
        "chat_privacy",
        "help",
        "check_status",
        "withdraw_objection",
    )
)


def _in_filing(commands: Sequence[Command]) -> dict[str, Any] | None:
    kinds = {one.do for one in commands}
    for one in commands:
        if one.do in ("stop", "start_over") and one.confidence >= SURE_TO_STOP:
            return _decided(_TOPICS[one.do])
    if any(one.do == "set" and one.field == "number" for one in commands):
        return _decided("check_status")
    if kinds & {"ask", "off", "distress"}:
        return None
    for one in commands:
        if one.do in _TOPICS and one.do not in ("stop", "start_over") and len(kinds) == 1:
            return _decided(_TOPICS[one.do])
    asides = [_TOPICS[one.do] for one in commands if one.do in _ASIDES]
    return {**_decided(REPLY), "asides": asides} if asides else _decided(REPLY)


def _outside(commands: Sequence[Command], context: Context) -> str | None:
    fields = {one.field for one in commands if one.do == "set"}
    if context.asked == "after_filing" and "code" in fields:
        return "check_status/code"
    if context.asked == "new_email" and "email" in fields:
        return "check_status/contact"
    if context.asked == "new_name" and "full_name" in fields:
        return "check_status/contact"
    if context.asked == "number" and "number" in fields:
        awaited = context.draft.get("awaited") or {}
        return "withdraw_objection" if awaited.get("for") == "number" else None
    known = bool(context.draft.get("references"))
    if context.asked == "withdraw_confirm":
        return _about_taking_back(commands, context)
    if context.asked == "number" or any(one.do == "withdraw" for one in commands):
        return None
    if context.asked == "open":
        return _corrected(commands) if known else None
    # First what is to be different: "no code came, the address is wrong, it is ana@example.org".
    likely = [one for one in commands if known and one.confidence >= LIKELY]
    contact = [one for one in likely if one.field in _CONTACT]
    values = [one for one in contact if one.do == "set"]
    if any(one.field == "email" or one.replaces is not None for one in values):
        return "check_status/contact"
    changes = [_CONTACT[str(one.field)] for one in contact if one.do == "change"]
    if changes:
        return changes[0]
    if any(one.do in ("account", "add") for one in likely):
        return "file_objection"
    for one in commands:
        if one.do in _AFTERWARDS and one.confidence >= SURE:
            return _AFTERWARDS[one.do]
    return None


def _corrected(commands: Sequence[Command]) -> str | None:
    """What was filed before is to have another name or address, and the words say so plainly."""
    for one in commands:
        if one.field in _CONTACT and one.confidence >= PLAIN:
            if one.do == "set" and one.replaces is not None:
                return "check_status/contact"
            if one.do == "change":
                return _CONTACT[str(one.field)]
    return None


def _about_taking_back(commands: Sequence[Command], context: Context) -> str | None:
    """A plain yes to "shall I take it back?" does it, as its button would; a plain no leaves it."""
    kinds = {one.do for one in commands}
    if min(one.confidence for one in commands) < PLAIN:
        return None
    if kinds <= {"yes", "withdraw"}:
        return next((offer for offer in context.offers if offer.startswith(TAKE_BACK)), None)
    return REPLY if kinds <= {"no", "keep", "none", "stop", "wait", "thanks"} else None


TAKE_BACK = "withdraw_objection/"


def _begins(
    decision: Decision, commands: Sequence[Command], context: Context
) -> list[str] | None:
    """Where somebody says plainly that they want to object, whatever else they say: the questions
    to answer on the way, None where nobody says so."""
    if decision.in_distress or context.asked not in ("open", "after_filing"):
        return None
    kinds = {one.do for one in commands}
    wishes = any(one.do == "file" and one.confidence >= SURE_TO_BEGIN for one in commands)
    # A yes to the button that begins one.
    agrees = kinds == {"yes"} and FILE in context.offers and commands[0].confidence >= PLAIN
    if not wishes and not agrees:
        return None
    if agrees:
        return []
    if not kinds & {"ask", "off"}:
        # "How do I object" is a question, however near it is to the wish.
        asks = intent_of(decision.topic) in RETRIEVAL_INTENTS and not decision.is_unsure
        return None if asks and decision.confidence >= SURE_TO_BEGIN else []
    if not any(one.do == "file" and one.confidence >= PLAIN for one in commands):
        return None
    found = () if decision.is_unsure else (decision.topic, *decision.also)
    return [topic for topic in found if intent_of(topic) in RETRIEVAL_INTENTS]


FILE = "file_objection"
SURE_TO_BEGIN = 0.8


def _unsure(commands: Sequence[Command], context: Context, border: float) -> str | None:
    """What the commands say of a message outside of a filing that no topic is sure of."""
    for one in commands:
        if one.confidence < border:
            continue
        if one.do in ("file", "account"):
            return "file_objection"
        if one.do == "add" and context.draft.get("references"):
            return "file_objection"
        if one.do in _AFTERWARDS:
            return _AFTERWARDS[one.do]
        if one.do in _SAID:
            return REPLY
    return None


# What is answered in its own words, and by no topic (actions/replies.py).
_SAID = frozenset(("explain", "complain", "language", "keep", "told", "wait"))


def _decided(topic: str) -> dict[str, Any]:
    return decided(Decision(topic, 1.0, [(topic, 1.0)]))
