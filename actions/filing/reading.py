"""How a message is read while an objection is being filed. Pure: words in, slots and notes out.

In this order: a request to change a field; details, also several at once and also as corrections;
the answer to the question that stands; and if it is none of these, either a question of the
person's own (then nothing is read and the rules answer it) or a reply that was not understood
(then it is said what is wrong, and everything else stays).
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from actions.filing import account_replies, phrases
from actions.filing.draft import ACCOUNT_LISTS, FIELDS, SKIPPED, Slots, shown
from actions.filing.said import Note, Reading, Said
from bot.objections.accounts import scan_accounts
from bot.objections.details import Details, find_details
from bot.objections.errors import FieldError
from bot.objections.fields import parse_reason

# What a rule answers or does; in the middle of the form it wins over a reply that fits no field.
CONTROL = frozenset({"cancel", "start_over", "human_handoff", "help", "bot_challenge",
                     "chat_privacy", "check_status", "withdraw_objection"})
TALK = frozenset({"greet", "goodbye", "thank"})
# What throws the answers away, and what asks something of the bot.
_ENDINGS = frozenset({"cancel", "start_over", "withdraw_objection"})
_ABOUT_THE_BOT = CONTROL - _ENDINGS
OPTIONAL = ("country", "reason", *ACCOUNT_LISTS)
# Below this a decision for a topic says little about words that were meant as an answer.
SURE = 0.5
# Enough to take even a long text for a question or a request.
CERTAIN = 0.8


def read(said: Said, draft: Slots, answered: Collection[str] = ()) -> Reading:
    """Read one message against the draft as it stands; `answered` are fields of it that the person
    was not asked for."""
    reading = Reading()
    if said.asked is None:
        # The message that began the filing: details in it count, everything else was for the bot.
        _take_details(reading, find_details(said.text), said, draft)
        reading.notes.clear()
        return reading
    if phrases.PAUSE.fullmatch(said.text.strip()):
        # Not a wish to stop, which would throw everything away.
        reading.slots[said.asked] = None
        return reading
    if said.asked != FIELDS[0] and phrases.GOES_BACK.fullmatch(said.text.strip()):
        before = _field_before(said.asked, answered)
        reading.slots = {before: None, "objection_confirmed": None}
        return reading
    if said.asked != "reason" and account_replies.takes_off(reading, said, draft):
        return reading
    changed = field_to_change(said.text)
    doubtful = said.asked == "reason" or (said.asks_something and said.is_about_the_notice)
    if doubtful and not phrases.ASKS_FOR_CHANGE.match(said.text):
        # "It is wrong to use my account" is a reason, "what if I change my name?" a question.
        changed = None
    if said.asked == "objection_confirmed":
        # To "what would you like to change?", the name of a field is an answer.
        changed = changed or named_field(said.text)
    details = find_details(said.text, said.asked if said.asked in _ASKABLE else None)
    is_none = phrases.NONE.fullmatch(said.text.strip())
    completes = draft.get("pending_account") and not (is_none or _is_for_the_rules(said, details))
    if completes and account_replies.complete(reading, said, draft):
        return reading
    if said.asked not in (*ACCOUNT_LISTS, "reason") or _corrects(said, details):
        _take_details(reading, details, said, draft)
    if changed and not reading.slots:
        reading.slots = {changed: None, "objection_confirmed": None}
        return reading
    if reading.slots or _is_for_the_rules(said, details):
        # Details of other fields are no answer to this one, which is asked for again.
        return reading
    if _may_want_to_stop(said) and not _is_meant(said, details):
        reading.slots[said.asked] = None
        reading.notes.append(Note("say_file_stop"))
        return reading
    _ANSWERS.get(said.asked, _read_nothing)(reading, said, draft)
    if not reading.slots:
        _tell_the_problem(reading, said, details, draft)
    return reading


def _field_before(asked: str, answered: Collection[str]) -> str:
    """The field that is asked for before `asked`, which is itself where there is none; the last
    one, where `asked` is no field."""
    earlier = FIELDS[: FIELDS.index(asked)] if asked in FIELDS else FIELDS
    return next((field for field in reversed(earlier) if field not in answered), asked)


def refuses(text: str, topic: str | None) -> bool:
    """Whether the summary was turned down, without saying what should be different."""
    details = find_details(text)
    given = details.full_name or details.email or details.country or details.account
    if field_to_change(text) or given:
        return False
    return topic == "deny" or bool(phrases.CHANGE_SOMETHING.fullmatch(text.strip()))


def is_declaration(text: str) -> bool:
    """Whether it is one of the texts that people post to forbid the use of their data."""
    if len(text.split()) < 20:
        return bool(phrases.CHAIN_POST.search(text))
    return bool(phrases.CHAIN_POST.search(text) or phrases.DECLARES.search(text))


def field_to_change(text: str) -> str | None:
    """The field that somebody wants to change or calls wrong, None when that is not said."""
    text = phrases.SLIPS_OF_CHANGE.sub("change", text)
    if not phrases.WANTS_CHANGE.search(text) or len(text) > 200:
        return None
    return next((name for name, field in phrases.FIELD_WORDS.items() if field.search(text)), None)


def named_field(text: str) -> str | None:
    """The field that a text names and nothing else: "my name", "the e-mail address"."""
    for name, pattern in phrases.FIELD_WORDS.items():
        if pattern.search(text) and not phrases.BESIDE_A_FIELD.sub("", pattern.sub("", text)):
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
            if name == "account" and not account_replies.means_another(said):
                continue
            reading.notes.append(Note("say_file_changed", {"changed": shown(name, value)}))
        reading.slots[name] = value
    if said.asked not in ACCOUNT_LISTS:
        account_replies.keep_further(reading, details, draft)
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
        and (said.topic not in _ENDINGS or ends_at_once(said))
        and not phrases.NAME_CUE.search(said.text)
    )


# --- the answer to the question that stands -------------------------------------------------------


def _read_reason(reading: Reading, said: Said, draft: Slots) -> None:
    if phrases.WANTS_OUT.search(said.text) and len(said.text) < 80:
        reading.slots["reason"] = None
        reading.notes.append(Note("say_file_stop"))
        return
    text = said.text.strip()
    if phrases.NONE.fullmatch(text) or phrases.GOES_ON.fullmatch(text):
        reading.slots["reason"] = SKIPPED
        return
    if phrases.is_yes(text):
        reading.slots["reason"] = None
        reading.notes.append(Note("say_file_which_reason"))
        return
    try:
        reading.slots["reason"] = parse_reason(said.text) or SKIPPED
    except FieldError as error:
        reading.note_problem("reason", error)


def _read_country(reading: Reading, said: Said, draft: Slots) -> None:
    if said.topic == "deny" or phrases.NONE.fullmatch(said.text.strip()):
        reading.slots["country"] = SKIPPED


def _read_confirmation(reading: Reading, said: Said, draft: Slots) -> None:
    # After "what would you like to change?" a yes answers nothing: the summary comes first.
    was_shown = bool(draft.get("summary_shown"))
    confirmed = was_shown and confirms(said.text)
    reading.slots["objection_confirmed"] = True if confirmed else None
    if was_shown and not confirmed and not refuses(said.text, said.topic):
        reading.notes.append(Note("say_file_yes_or_no"))


def confirms(text: str) -> bool:
    """Whether the summary was agreed to, in so many words. A "maybe" is not a yes."""
    return phrases.is_yes(text.strip()) and not phrases.QUESTION.search(text)


def _read_nothing(reading: Reading, said: Said, draft: Slots) -> None:
    return None


_ANSWERS: dict[str | None, Callable[[Reading, Said, Slots], None]] = {
    "country": _read_country,
    "linked_accounts": account_replies.read_list,
    "unlinked_accounts": account_replies.read_list,
    "reason": _read_reason,
    "objection_confirmed": _read_confirmation,
}


# --- neither details nor an answer ----------------------------------------------------------------


def _corrects(said: Said, details: Details) -> bool:
    """Whether a message corrects what was said earlier, instead of answering the question."""
    is_bare_address = details.email is not None and (
        len(said.text.split()) <= 4 or said.asked in ACCOUNT_LISTS
    )
    if said.asked == "reason":
        return is_bare_address or bool(phrases.BEGINS_CORRECTION.match(said.text))
    return is_bare_address or bool(phrases.CORRECTS.search(said.text))


def _is_meant(said: Said, details: Details) -> bool:
    """Whether a reply with a mistake in it was meant as an answer, and is not talk."""
    codes = {problem.code for problem in details.problems}
    words = len(said.text.split())
    if "account_invalid" in codes and words <= 3 and phrases.PLATFORM.search(said.text):
        return not said.asks_something
    if said.asks_something or not codes & _MEANT:
        return False
    if said.is_plain and codes <= {"platform_missing", "account_several"}:
        # Any word may be a handle: "ana" is one, "abort" and "thank you so much" are not.
        if words == 1:
            return not (said.topic in CONTROL and said.confidence >= CERTAIN)
        is_talk = said.topic in CONTROL | TALK or said.is_about_the_notice
        return not (is_talk and said.confidence >= SURE)
    return True


def ends_at_once(said: Said) -> bool:
    """Whether it is a plain command to stop or to start over, and can mean nothing else."""
    text = said.text.strip()
    if said.topic == "start_over":
        return phrases.is_plain_restart(text)
    # In the place of a reason "stop it" is for somebody else.
    is_reason = said.asked == "reason" and phrases.ALL_OF_IT.search(text)
    return said.topic == "cancel" and phrases.is_plain_stop(text) and not is_reason


def _may_want_to_stop(said: Said) -> bool:
    """Whether it sounds like a wish to stop, which the person is then told how to say."""
    text = said.text.strip()
    answers = phrases.NONE.fullmatch(text) or phrases.HESITATES.fullmatch(text)
    sounds_so = said.topic in _ENDINGS and said.confidence >= SURE
    return sounds_so and not answers and said.asked != "reason"


def _is_a_reason(said: Said) -> bool:
    """Almost anything is a reason. Only a question, or a request to the bot, is not one."""
    if phrases.BECAUSE.match(said.text) or phrases.NONE.fullmatch(said.text.strip()):
        return True
    words = len(said.text.split())
    if said.topic in _ENDINGS:
        # "Cancel" stops; "stop it" and "it starts again" have something to say.
        return not ends_at_once(said)
    is_for_the_bot = said.topic in _ABOUT_THE_BOT - {"check_status"} and words <= 10
    if is_for_the_bot and said.confidence >= CERTAIN:
        return False
    if not said.asks_something or said.topic in ("deny", "affirm"):
        return True
    # "It is my work. Why should they get it for free?" asks nobody.
    first, *more = phrases.AFTER_SENTENCE.split(said.text.strip())
    is_statement = not phrases.QUESTION.search(first)
    return is_statement and any(phrases.RHETORICAL.match(sentence) for sentence in more)


def _is_for_the_rules(said: Said, details: Details) -> bool:
    """Whether the message is a question or a command that a rule takes care of."""
    if said.asked == "reason":
        return not _is_a_reason(said)
    if _is_meant(said, details):
        return False
    if said.asked == "objection_confirmed" and (
        confirms(said.text) or phrases.CHANGE_SOMETHING.fullmatch(said.text.strip())
    ):
        return False
    if said.asked in ACCOUNT_LISTS and not said.asks_something and (
        scan_accounts(said.text)[0] or phrases.UNSURE.search(said.text)
    ):
        return False
    if phrases.NONE.fullmatch(said.text.strip()) and said.asked in OPTIONAL:
        return False
    if phrases.HESITATES.fullmatch(said.text.strip()):
        return False
    if said.topic in _ENDINGS:
        # They throw the answers away: it takes a plain command, or a question that a rule answers.
        return ends_at_once(said) or (said.topic == "withdraw_objection" and said.asks_something)
    if said.topic in CONTROL:
        return said.confidence >= SURE or said.asks_something
    if said.is_about_the_notice:
        # Any word may be a country or a handle, and some look like a topic: "Atlantis".
        is_bare = said.asked == "country" and said.is_plain and len(said.text.split()) <= 2
        looks_like_an_answer = said.asked in ACCOUNT_LISTS or is_bare
        return said.asks_something or (said.confidence >= SURE and not looks_like_an_answer)
    return said.topic in TALK or (said.topic == "out_of_scope" and said.asks_something)


def _tell_the_problem(reading: Reading, said: Said, details: Details, draft: Slots) -> None:
    assert said.asked is not None
    reading.slots[said.asked] = None
    meant = _is_meant(said, details)
    says_no = said.topic == "deny" and said.confidence >= SURE
    says_no = says_no or bool(phrases.NONE.fullmatch(said.text.strip()))
    if says_no and said.asked not in (*OPTIONAL, "objection_confirmed") and not meant:
        reading.notes.append(Note("say_file_needed"))
        return
    objects = said.topic == "file_objection" and said.confidence >= SURE and said.is_plain
    if objects and not meant:
        # "I object" again: the filing is under way, so the question alone is the answer.
        return
    for problem in details.problems[:1]:
        reading.note_problem(said.asked, problem)
        if draft.get("pending_account") and reading.slots.get("pending_account"):
            # Asking for the platform of one word after the other would never end.
            reading.slots["pending_account"] = None
            reading.notes.append(Note("say_file_problem", {"problem": problem.sentence}))


# Problems of a reply that was clearly meant as an answer. The others may be talk.
_MEANT = frozenset(
    "platform_missing handle_missing platform_unknown post_link account_several accounts_too_many "
    "email_two_ats email_no_domain email_space email_characters email_invalid email_too_long "
    "name_too_long".split()
)
