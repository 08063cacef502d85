"""How a message is read while an objection is being filed. Pure: words in, slots and notes out.

In this order: a request to change a field; details, also several at once and also as corrections;
the answer to the question that stands; and if it is none of these, either a question of the
person's own (then nothing is read and the rules answer it) or a reply that was not understood
(then it is said what is wrong, and everything else stays).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from actions.filing.draft import ACCOUNT_LISTS, SKIPPED, Slots, shown
from bot.objections.details import Details, find_details
from bot.objections.errors import FieldError
from bot.objections.fields import Account, parse_account, parse_accounts, parse_reason, scan_accounts

# What a rule answers or does; in the middle of the form it wins over a reply that fits no field.
CONTROL = frozenset({"cancel", "start_over", "human_handoff", "help", "bot_challenge",
                     "chat_privacy", "check_status", "withdraw_objection"})
TALK = frozenset({"greet", "goodbye", "thank"})
OPTIONAL = ("country", "reason", *ACCOUNT_LISTS)
# Below this a decision for a topic says little about words that were meant as an answer.
SURE = 0.5


@dataclass(frozen=True)
class Said:
    """The message to read. `asked` is the field that the form asked for, None when it begins."""

    text: str
    topic: str | None
    confidence: float
    asked: str | None

    @property
    def asks_something(self) -> bool:
        """Whether it has the form of a question."""
        return bool(_QUESTION.search(self.text))

    @property
    def is_about_the_notice(self) -> bool:
        return (self.topic or "").startswith(("faq/", "not_covered/"))


@dataclass(frozen=True)
class Note:
    """Something to say before the form goes on: a response and the values in it."""

    response: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class Reading:
    """What was understood. Slots set to None are asked for again. No slots: not for the form."""

    slots: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def read(said: Said, draft: Slots) -> Reading:
    """Read one message against the draft as it stands."""
    reading = Reading()
    if said.asked is None:
        # The message that began the filing: details in it count, everything else was for the bot.
        _take_details(reading, find_details(said.text), said, draft)
        reading.notes.clear()
        return reading
    changed = field_to_change(said.text)
    details = find_details(said.text, said.asked if said.asked in _ASKABLE else None)
    if draft.get("pending_account") and _complete_account(reading, said, draft):
        return reading
    if said.asked not in (*ACCOUNT_LISTS, "reason") or _corrects(said, details):
        _take_details(reading, details, said, draft)
    if changed and changed not in reading.slots and not reading.slots:
        reading.slots = {changed: None, "objection_confirmed": None}
        return reading
    if said.asked in reading.slots or (not reading.slots and _is_for_the_rules(said, details)):
        return reading
    _ANSWERS.get(said.asked, _read_nothing)(reading, said, draft)
    if not reading.slots:
        _tell_the_problem(reading, said, details)
    return reading


def refuses(text: str, topic: str | None) -> bool:
    """Whether the summary was turned down, without saying what should be different."""
    if field_to_change(text) or find_details(text).email:
        return False
    return topic == "deny" or bool(_CHANGE_SOMETHING.fullmatch(text.strip()))


def field_to_change(text: str) -> str | None:
    """The field that somebody wants to change or calls wrong, None when that is not said."""
    if not _WANTS_CHANGE.search(text) or len(text) > 200:
        return None
    for name, pattern in _FIELD_WORDS.items():
        if pattern.search(text):
            return name
    return None


# --- details anywhere in the message -------------------------------------------------------------

_ASKABLE = ("full_name", "email", "country", "account")


def _take_details(reading: Reading, details: Details, said: Said, draft: Slots) -> None:
    """Fill what was empty; overwrite what was not, where the message means to."""
    found = {
        "full_name": details.full_name,
        "email": details.email,
        "country": details.country,
        "account": details.account.as_dict() if details.account else None,
    }
    if _is_command(said, details):
        found["full_name"] = None
    for name, value in found.items():
        known = draft.get(name)
        if value is None or value == known:
            continue
        if known not in (None, SKIPPED) and said.asked != name:
            if name == "account" and not _CORRECTS.search(said.text):
                continue
            reading.notes.append(Note("say_file_changed", {"changed": shown(name, value)}))
        reading.slots[name] = value
    if reading.slots:
        # A summary that was confirmed, or is being shown, is not true any more.
        reading.slots.setdefault("objection_confirmed", None)
        if "account" in reading.slots:
            reading.slots["pending_account"] = None


def _is_command(said: Said, details: Details) -> bool:
    """Whether what looks like a bare name is a command such as "abort"."""
    alone = not (details.email or details.country or details.account)
    return (
        said.asked == "full_name"
        and alone
        and said.topic in CONTROL
        and said.confidence >= SURE
        and not _NAME_CUE.search(said.text)
    )


# --- the answer to the question that stands -------------------------------------------------------


def _complete_account(reading: Reading, said: Said, draft: Slots) -> bool:
    """The other half of an account that was named without its platform, or without its handle."""
    known = " ".join(draft["pending_account"].values())
    try:
        account = parse_account(f"{known} {said.text}" if said.text.count(" ") < 4 else said.text)
    except FieldError:
        return False
    reading.slots.update(account=account.as_dict(), pending_account=None, objection_confirmed=None)
    return True


def _read_accounts(reading: Reading, said: Said, draft: Slots) -> None:
    assert said.asked is not None
    if said.topic == "deny" or _NONE.fullmatch(said.text.strip()):
        reading.slots[said.asked] = []
        return
    if _UNSURE.search(said.text):
        reading.slots[said.asked] = []
        if said.asked == "linked_accounts":
            reading.notes.append(Note("say_file_not_sure"))
        return
    if said.topic == "affirm" and _YES.fullmatch(said.text.strip()):
        reading.slots[said.asked] = None
        reading.notes.append(Note("say_file_name_accounts"))
        return
    try:
        accounts = parse_accounts(said.text)
    except FieldError as error:
        _note_problem(reading, said.asked, error)
        return
    own = draft.get("account")
    others = [a.as_dict() for a in accounts if own is None or a != Account.from_dict(own)]
    reading.slots[said.asked] = others


def _read_reason(reading: Reading, said: Said, draft: Slots) -> None:
    if _NONE.fullmatch(said.text.strip()) or (said.topic == "deny" and len(said.text) < 40):
        reading.slots["reason"] = SKIPPED
        return
    try:
        reading.slots["reason"] = parse_reason(said.text) or SKIPPED
    except FieldError as error:
        _note_problem(reading, "reason", error)


def _read_country(reading: Reading, said: Said, draft: Slots) -> None:
    if said.topic == "deny" or _NONE.fullmatch(said.text.strip()):
        reading.slots["country"] = SKIPPED


def _read_confirmation(reading: Reading, said: Said, draft: Slots) -> None:
    if reading.slots:
        return
    reading.slots["objection_confirmed"] = True if confirms(said.text, said.topic) else None


def confirms(text: str, topic: str | None) -> bool:
    """Whether the summary was agreed to, in so many words. A "maybe" is not a yes."""
    text = text.strip()
    begins_with_yes = bool(_BEGINS_WITH_YES.match(text)) and not _BUT.search(text)
    return bool(_YES.fullmatch(text)) or (topic == "affirm" and begins_with_yes)


def _read_nothing(reading: Reading, said: Said, draft: Slots) -> None:
    return None


_ANSWERS: dict[str | None, Callable[[Reading, Said, Slots], None]] = {
    "country": _read_country,
    "linked_accounts": _read_accounts,
    "unlinked_accounts": _read_accounts,
    "reason": _read_reason,
    "objection_confirmed": _read_confirmation,
}


# --- neither details nor an answer ----------------------------------------------------------------


def _corrects(said: Said, details: Details) -> bool:
    """Whether a message corrects what was said earlier, instead of answering the question."""
    is_bare_address = details.email is not None and len(said.text.split()) <= 4
    return is_bare_address or bool(_CORRECTS.search(said.text))


def _is_for_the_rules(said: Said, details: Details) -> bool:
    """Whether the message is a question or a command that a rule takes care of."""
    if any(problem.code in _MEANT for problem in details.problems) and not said.asks_something:
        return False
    words = len(said.text.split())
    if said.asked == "reason":
        # Almost anything is a reason. Only a question, or a short command, is not one.
        return (said.asks_something and said.topic not in ("deny", "affirm")) or (
            said.topic in CONTROL and said.confidence >= SURE and words <= 5
        )
    if said.asked == "objection_confirmed" and confirms(said.text, said.topic):
        return False
    if said.asked in ACCOUNT_LISTS and not said.asks_something and scan_accounts(said.text)[0]:
        return False
    if _NONE.fullmatch(said.text.strip()) and said.asked in OPTIONAL:
        return False
    if said.topic in CONTROL:
        return said.confidence >= SURE or said.asks_something
    if said.is_about_the_notice:
        looks_like_an_answer = said.asked in ACCOUNT_LISTS and not said.asks_something
        return said.asks_something or (said.confidence >= SURE and not looks_like_an_answer)
    return said.topic in TALK or (said.topic == "out_of_scope" and said.asks_something)


def _tell_the_problem(reading: Reading, said: Said, details: Details) -> None:
    assert said.asked is not None
    reading.slots[said.asked] = None
    meant = any(problem.code in _MEANT for problem in details.problems)
    if said.topic == "deny" and said.asked not in OPTIONAL and not meant:
        reading.notes.append(Note("say_file_needed"))
        return
    if said.topic == "file_objection" and not meant:
        # "I object" again: the filing is under way, so the question alone is the answer.
        return
    for problem in details.problems[:1]:
        _note_problem(reading, said.asked, problem)


def _note_problem(reading: Reading, asked: str, problem: FieldError) -> None:
    reading.slots[asked] = None
    if asked == "account" and problem.code in ("platform_missing", "handle_missing"):
        # The next question asks for the other half, and says it all.
        halves = {"platform": problem.platform, "handle": problem.handle}
        reading.slots["pending_account"] = {k: v for k, v in halves.items() if v}
        return
    reading.notes.append(Note("say_file_problem", {"problem": problem.sentence}))


# Problems of a reply that was clearly meant as an answer. The others may be talk.
_MEANT = frozenset(
    "platform_missing handle_missing platform_unknown post_link account_several accounts_too_many "
    "email_two_ats email_no_domain email_space email_characters email_invalid email_too_long "
    "name_too_long".split()
)

# --- words ---------------------------------------------------------------------------------------

_QUESTION = re.compile(
    r"\?\s*$|^\W*(?:(?:but|and|so|wait|ok|hey|sorry)\W+)?(?:what|why|how|when|where|who|which|"
    r"do|does|did|is|are|can|could|will|would|should|may)\b",
    re.IGNORECASE,
)
_YES = re.compile(
    r"(?:yes|yep|yeah|yup|y|ok|okay|sure|correct|right|confirm(?:ed)?|perfect|"
    r"(?:yes|ok|okay|sure|please|yep|yeah)?[ ,]*(?:please )?(?:file|send|submit|do|confirm) it"
    r"(?: now| please)?|go ahead|yes please|that'?s right|all (?:good|correct|right)|"
    r"looks (?:good|right|fine))[\s.!,]*",
    re.IGNORECASE,
)
_BEGINS_WITH_YES = re.compile(r"(?:y|ye+s+|ya|ok(?:ay)?|sure|correct|go|do|right)\b", re.IGNORECASE)
_NONE = re.compile(
    r"(?:no|nope|none|n|nah|skip|skip (?:it|this|that)|nothing|not really|no (?:others?|thanks?|"
    r"more|reason|thank you|other accounts?)|no i don'?t|i don'?t|pass|rather not(?: say)?|"
    r"n/?a|-+|only (?:that|this|the) one|just (?:that|this|the) one|that'?s (?:all|it))[\s.!,]*",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\b(?:not (?:sure|certain)|un ?sure|no idea|(?:do not|don'?t|dont|dunno) ?(?:really )?"
    r"(?:know)?(?<=know)|dunno|idk|maybe|how (?:do|can|would) i (?:know|tell))\b",
    re.IGNORECASE,
)
_BUT = re.compile(r"\b(?:but|wait|not|no|don'?t|except|change|if|when|later)\b|\?", re.IGNORECASE)
_CORRECTS = re.compile(
    r"\b(?:no,? wait|wait|actually|correction|correct(?:ed)?|i meant?|sorry|wrong|change|instead|"
    r"should be|mistake|typo|oops)\b",
    re.IGNORECASE,
)
_NAME_CUE = re.compile(r"\b(?:name is|i'?m|i am|it'?s|this is|call me|here)\b", re.IGNORECASE)
_WANTS_CHANGE = re.compile(
    r"\b(?:change|correct|edit|fix|update|wrong|mistake|typo|redo|replace|remove)\b", re.IGNORECASE
)
_CHANGE_SOMETHING = re.compile(
    r"(?:i (?:want|would like|need) to )?(?:change|edit|correct|fix)(?: something| it| that| this)?"
    r"(?: please)?[\s.!]*|something(?:'s| is) wrong[\s.!]*|(?:that|this|it)(?:'s| is) wrong[\s.!]*",
    re.IGNORECASE,
)
_FIELD_WORDS = {
    "unlinked_accounts": re.compile(
        r"\b(?:un-?linked|not linked|separate|other) accounts?\b|\baccounts? not linked\b", re.I
    ),
    "linked_accounts": re.compile(r"\blinked accounts?\b|\baccounts? cent(?:er|re)\b", re.I),
    "email": re.compile(r"\be-?mail\b|\bmail address\b", re.I),
    "country": re.compile(r"\bcountry\b", re.I),
    "reason": re.compile(r"\breason\b", re.I),
    "account": re.compile(r"\b(?:account|handle|profile|user ?name|insta(?:gram)?|facebook|fb)\b",
                          re.I),
    "full_name": re.compile(r"\bname\b", re.I),
}
