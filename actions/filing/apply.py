"""Commands applied to a draft. Pure: the draft and the commands in, new slots and notes out.

What was given is never lost, and what was taken is said back. A value goes to its own field,
whatever was asked for; where two readings are far apart in harm it is asked back with two buttons.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from actions.filing import accounts
from actions.filing.draft import ACCOUNT_LISTS, FIELDS, SKIPPED, Slots, noted, summary
from actions.filing.outcome import Note, Outcome
from bot.objections.addresses import likely_address
from bot.objections.errors import FieldError
from bot.objections.fields import parse_country, parse_email, parse_full_name, parse_reason
from bot.objections.places import country_of
from bot.understanding.commands import NOTHING, Command

__all__ = ["FOR_THE_RULES", "OPTIONAL", "apply"]

OPTIONAL = ("country", "reason", *ACCOUNT_LISTS)
# What a rule answers or does. Beside a value it waits, or is answered by the form.
FOR_THE_RULES = frozenset(
    "ask off human bot privacy status withdraw lost_number greet thanks bye stop start_over "
    "distress "
    "new_code no_code keep".split()
)
# Below this it is asked back before something is filed that cannot be seen to be meant.
SURE = 0.5
# The longest reply that may be a name though no name was seen in it.
_NAME_WORDS = 5
_FEW_WORDS = 2


# What is said beside a yes and asks for nothing.
_IN_PASSING = frozenset(("complain", "told", "nonsense", "none", "skip"))


def apply(
    draft: Slots, commands: Sequence[Command], asked: str, answered: Collection[str] = ()
) -> Outcome:
    """Apply the commands of one message.

    Args:
        draft: the slots of the filing, `requested_slot` among them.
        commands: what the message does, in its order.
        asked: what was asked for, one of `commands.ASKED`.
        answered: fields that the person was not asked for.
    """
    outcome = Outcome(draft, str(draft.get("requested_slot") or "full_name"))
    own = [one for one in commands if one.do not in FOR_THE_RULES]
    if asked == "open":
        # The message that began the filing: what it brings counts, all else was for the bot.
        own = [one for one in own if one.do in ("set", "account", "region", "none")]
        if not own:
            return outcome
    # A yes to a summary that the same message changes is a yes to the next one.
    own.sort(key=lambda one: one.do == "yes")
    kinds = {one.do for one in own}
    if "yes" in kinds and asked == "summary":
        # "Typical. Yes, file it." files.
        own = [one for one in own if one.do not in _IN_PASSING]
    elif kinds & NOTHING:
        # "None, and now file it."
        own = [one for one in own if one.do != "yes"]
    if not own:
        return outcome
    if draft.get("asked_back"):
        outcome.slots["asked_back"] = None
        outcome.slots.setdefault(outcome.asked, outcome.draft.get(outcome.asked))
    for command in own:
        if draft.get("asked_back") and command.do in ("yes", "no", "none"):
            _settle(outcome, draft["asked_back"], agreed=command.do == "yes")
        else:
            _HANDLERS.get(command.do, _ignore)(outcome, command, asked)
    if asked != "open":
        outcome.slots.setdefault(outcome.asked, None)
    if any(one.do == "back" for one in own):
        _go_back(outcome, answered)
    outcome.taken = {field: None for field in outcome.taken if outcome.now(field) is not None}
    # Where everything is given the summary comes next, and says it all.
    asks_on = outcome.now("asked_back") or any(outcome.now(field) is None for field in FIELDS)
    if outcome.taken and asked != "open" and asks_on:
        outcome.notes.insert(
            0, Note("say_file_taken", {"taken": noted(outcome.all, outcome.taken)})
        )
    return outcome


# --- values ---------------------------------------------------------------------------------------


def _set(outcome: Outcome, command: Command, asked: str) -> None:
    value = command.value or ""
    try:
        if command.field == "full_name":
            outcome.take("full_name", parse_full_name(value))
        elif command.field == "country":
            outcome.take("country", parse_country(value))
        elif command.field == "reason":
            outcome.take("reason", parse_reason(value) or SKIPPED)
        elif command.field == "email":
            _set_email(outcome, parse_email(value), asked, command.replaces is not None)
    except FieldError as error:
        outcome.problem(error)


def _set_email(outcome: Outcome, email: str, asked: str, corrects: bool) -> None:
    known = outcome.draft.get("email")
    likely = likely_address(email)
    if likely is not None and known != email:
        outcome.ask_back("email", "email_typo", value=likely, typed=email)
    elif known and known != email and not corrects and asked not in _MAY_CHANGE:
        # Another address beside another account: one filing has one.
        outcome.ask_back("email", "email_second", value=email, typed=known)
    else:
        outcome.take("email", email)


# Where another address can only mean the right one.
_MAY_CHANGE = ("email", "summary", "what_to_change", "open", "full_name", "linked_mentioned")


def _region(outcome: Outcome, command: Command, asked: str) -> None:
    place = command.value or ""
    if outcome.now("country"):
        return
    code = country_of(place)
    if code is None:
        outcome.say("say_file_no_country", place=place)
    else:
        outcome.ask_back("country", "region", value=code, typed=place)


def _account(outcome: Outcome, command: Command, asked: str) -> None:
    accounts.add_account(outcome, command)


def _remove(outcome: Outcome, command: Command, asked: str) -> None:
    field = command.field
    if field is None and not (command.platform or command.handle):
        _change(outcome, command, asked)
    elif field in ("country", "reason"):
        outcome.take(field, SKIPPED)
    elif field in ACCOUNT_LISTS:
        outcome.take(str(field), [])
    elif field is None:
        accounts.remove_account(outcome, command)
    else:
        outcome.say(f"say_needed_{field}")


def _change(outcome: Outcome, command: Command, asked: str) -> None:
    if command.field is None:
        if asked == "what_to_change":
            outcome.say(f"say_unclear_{outcome.asked}")
        else:
            # The same question as after a no to the summary.
            outcome.slots.update(objection_confirmed=None, summary_shown=None)
            if asked != "summary":
                outcome.say("say_file_what_to_change")
    else:
        outcome.ask(command.field)


def _add(outcome: Outcome, command: Command, asked: str) -> None:
    if outcome.asked in ACCOUNT_LISTS or outcome.now("account") is None:
        outcome.say("say_file_name_accounts")
    else:
        outcome.slots["linked_before"] = outcome.now("linked_accounts")
        outcome.ask("linked_accounts")
        outcome.say("say_file_name_accounts")


def _give(outcome: Outcome, command: Command, asked: str) -> None:
    """It was meant as an answer, and no value was seen in it."""
    text = (command.text or "").strip(" .!")
    if outcome.asked == "full_name" and len(text.split()) <= _NAME_WORDS:
        try:
            outcome.ask_back("full_name", "name", value=parse_full_name(text), typed=text)
        except FieldError as error:
            outcome.problem(error)
    elif outcome.asked in ("email", "country"):
        reads = {"email": parse_email, "country": parse_country}[outcome.asked]
        try:
            outcome.take(outcome.asked, reads(text))
        except FieldError as error:
            outcome.problem(error)
    elif asked == "summary":
        outcome.say("say_file_yes_or_no")
    else:
        outcome.say(f"say_unclear_{outcome.asked}")


# --- yes, no, and the like
# -------------------------------------------------------------------------


def _settle(outcome: Outcome, question: dict[str, str], *, agreed: bool) -> None:
    """The answer to a question that was asked back."""
    field, kind = question["field"], question["kind"]
    if agreed or kind in ("email_typo", "email_second"):
        outcome.take(field, question["value"] if agreed else question["typed"])
        if kind == "email_second" and agreed:
            outcome.notes.append(Note("say_file_one_address"))
    else:
        outcome.ask(field)


def _yes(outcome: Outcome, command: Command, asked: str) -> None:
    if asked == "summary":
        if command.confidence < SURE:
            outcome.say("say_file_yes_or_no")
        elif not outcome.taken and not outcome.notes:
            outcome.slots["objection_confirmed"] = True
    elif asked == "linked_mentioned":
        accounts.sort_mentioned(outcome, linked=True)
    elif asked in ACCOUNT_LISTS and not outcome.taken:
        outcome.say("say_file_name_accounts")
    elif asked == "reason" and not outcome.taken:
        outcome.say("say_file_which_reason")


def _no(outcome: Outcome, command: Command, asked: str) -> None:
    if asked == "summary":
        # What is to be different is asked next, unless it was said.
        outcome.slots.update(objection_confirmed=None)
        outcome.slots["summary_shown"] = True if outcome.taken else None
    elif asked == "linked_mentioned":
        accounts.sort_mentioned(outcome, linked=False)
    else:
        _none(outcome, command, asked)


def _none(outcome: Outcome, command: Command, asked: str) -> None:
    """There is nothing (more) to give."""
    if command.field in OPTIONAL and command.field != outcome.asked:
        # "No others, and no reason either."
        if command.field in ACCOUNT_LISTS:
            accounts.leave_lists_empty(outcome, command.field)
        elif outcome.now(command.field) is None:
            outcome.slots[command.field] = SKIPPED
    elif command.field in FIELDS and command.field != outcome.asked:
        return
    elif outcome.asked in ACCOUNT_LISTS:
        accounts.leave_lists_empty(outcome, outcome.asked)
    elif outcome.asked in ("country", "reason"):
        outcome.slots.setdefault(outcome.asked, SKIPPED)
    elif asked == "summary":
        outcome.say("say_file_yes_or_no")
    elif outcome.taken:
        # "Ana Silva, instagram ana.s, no other accounts"
        accounts.leave_lists_empty(outcome, *ACCOUNT_LISTS)
    elif outcome.asked in FIELDS:
        outcome.say(f"say_needed_{outcome.asked}")


def _skip(outcome: Outcome, command: Command, asked: str) -> None:
    _none(outcome, command, asked)


def _dont_know(outcome: Outcome, command: Command, asked: str) -> None:
    if asked == "linked_mentioned":
        accounts.sort_mentioned(outcome, linked=False)
    elif outcome.asked in OPTIONAL:
        _none(outcome, command, asked)
        if outcome.asked == "linked_accounts":
            outcome.notes.append(Note("say_file_not_sure"))
    elif asked == "summary":
        outcome.say("say_file_yes_or_no")
    else:
        _where(outcome, command, asked)


def _refuse(outcome: Outcome, command: Command, asked: str) -> None:
    if outcome.asked in OPTIONAL or command.field in OPTIONAL:
        _none(outcome, command, asked)
    elif asked == "summary":
        outcome.say("say_file_yes_or_no")
    elif outcome.asked in FIELDS:
        outcome.say(f"say_needed_{outcome.asked}")


def _go_back(outcome: Outcome, answered: Collection[str]) -> None:
    """Ask for the field before the one that stands; the first one where there is none."""
    asked = outcome.asked
    earlier = FIELDS[: FIELDS.index(asked)] if asked in FIELDS else FIELDS
    before = next((field for field in reversed(earlier) if field not in answered), None)
    if before is None:
        outcome.say("say_file_first")
        return
    outcome.slots.pop(asked, None)
    outcome.ask(before)


# --- help
# ------------------------------------------------------------------------------------------


def _why(outcome: Outcome, command: Command, asked: str) -> None:
    outcome.say(f"say_why_{_about(outcome, command)}")


def _where(outcome: Outcome, command: Command, asked: str) -> None:
    outcome.say(f"say_where_{_about(outcome, command)}")


def _explain(outcome: Outcome, command: Command, asked: str) -> None:
    outcome.say(f"say_explain_{_about(outcome, command)}")


def _about(outcome: Outcome, command: Command) -> str:
    """The field that help is wanted with: the one that was named, or the one that stands."""
    return command.field or outcome.asked


def _progress(outcome: Outcome, command: Command, asked: str) -> None:
    given = [field for field in FIELDS if outcome.all.get(field) is not None]
    outcome.say("say_file_progress", given=summary(outcome.all, given) or "- nothing yet")


def _for_other(outcome: Outcome, command: Command, asked: str) -> None:
    outcome.say("say_file_for_other")


def _unclear(outcome: Outcome, command: Command, asked: str) -> None:
    text = command.text or ""
    may_be_name = outcome.asked == "full_name" and len(text.split()) <= _FEW_WORDS
    if may_be_name or (outcome.asked == "email" and "@" in text):
        # Any word may be a name somewhere, and what has the sign is meant as an address.
        _give(outcome, command, asked)
        return
    outcome.say(f"say_unclear_{outcome.asked}")


def _says(response: str) -> Callable[[Outcome, Command, str], None]:
    def say(outcome: Outcome, command: Command, asked: str) -> None:
        outcome.say(response)

    return say


def _ignore(outcome: Outcome, command: Command, asked: str) -> None:
    """Nothing more than the question that stands: it was said again, or goes without saying."""


_HANDLERS: dict[str, Callable[[Outcome, Command, str], None]] = {
    "set": _set, "account": _account, "remove": _remove, "region": _region, "change": _change,
    "add": _add, "give": _give, "yes": _yes, "no": _no, "none": _none, "skip": _skip,
    "dont_know": _dont_know, "refuse": _refuse, "why": _why, "where": _where, "explain": _explain,
    "progress": _progress, "for_other": _for_other, "wait": _says("say_file_wait"),
    "told": _says("say_file_told"), "complain": _says("say_file_complaint"),
    "language": _says("say_file_language"), "nonsense": _unclear,
}  # fmt: skip


def summary_refused(commands: Sequence[Command]) -> bool:
    """Whether the summary was turned down, without saying what should be different."""
    kinds = {one.do for one in commands}
    return (
        bool(kinds & {"no", "change"})
        and not kinds & {"set", "account", "remove"}
        and not any(one.field for one in commands if one.do == "change")
    )
