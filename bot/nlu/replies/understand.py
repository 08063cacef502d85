"""From a message and its context to commands.

`understand` is one pure function of the text, the context and what was learned: the model says what
each part does and where values stand, the parsers read the values, and the context says what a
value without a word around it is for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from bot.nlu.replies import lists
from bot.nlu.replies.accounts import Named, named_accounts, platform_of
from bot.nlu.replies.lines import Span
from bot.nlu.replies.model import Reading, ReadPart, ReplyModel
from bot.objections import countries, places
from bot.objections.errors import FieldError
from bot.objections.fields import parse_country, parse_email, parse_full_name
from bot.understanding.commands import NOTHING, Command
from bot.understanding.context import Context
from bot.understanding.scan import Token

__all__ = ["understand"]

# What is said of a field is called by its short name in the training data.
FIELDS = {
    "name": "full_name", "email": "email", "country": "country", "account": "account",
    "linked": "linked_accounts", "unlinked": "unlinked_accounts", "reason": "reason",
}  # fmt: skip
# Parts in which a value is no answer: questions and jokes.
_NO_VALUES = frozenset(
    "ask why where explain progress off nonsense distress bot privacy language".split()
)
_BRING = frozenset(("give", "correct", "add"))
# Parts in which a platform alone names no account.
_NO_ACCOUNT = frozenset("no none stop wait refuse complain skip thanks dont_know keep".split())
_NAME_ASKED = ("full_name", "new_name")
_RELATION = {"linked_accounts": "linked", "unlinked_accounts": "unlinked"}
_FIRST = ("open", "full_name", "email", "country", "account", "platform", "handle")


def understand(text: str, context: Context, model: ReplyModel) -> tuple[Command, ...]:
    """The commands of a message, in their order; () for one without words."""
    intent, brace, _ = text.strip("/ ").partition("{")
    if brace and intent.replace("/", "").isidentifier():
        # Rasa's way to write an intent with its values. A person's text is neither.
        return (Command("nonsense", text=text),)
    bare = _bare_answer(text, context)
    return (bare,) if bare else commands(model.read(text, context.asked), context)


def _bare_answer(text: str, context: Context) -> Command | None:
    """A country or a platform and nothing else, where that was asked for: they are known by
    name."""
    text = text.strip(" .!")
    if context.asked in ("email", "new_email") and "@" in text and " " not in text:
        # Whatever it is, it is meant as an address.
        email = _parsed(parse_email, text)
        return Command("set", "email", email) if email else Command("give", text=text)
    if context.asked == "country":
        code = countries.by_name(countries.fold(text))
        if code is None and len(text) == 2 and countries.is_code(text):
            code = text.upper()
        if code:
            return Command("set", "country", code)
    if context.asked == "platform" and (platform := platform_of(text)):
        pending = context.draft.get("pending_account") or {}
        main = None if context.draft.get("account") else "main"
        return Command("account", platform=platform, handle=pending.get("handle"), relation=main)
    return None


def commands(reading: Reading, context: Context) -> tuple[Command, ...]:
    """The commands of a message that was read."""
    found: list[Command] = []
    parts = [*_whole_reason(reading.parts)] if context.asked == "reason" else reading.parts
    for part in parts:
        if len(parts) > 1 and not _is_plain(part, parts, reading):
            continue
        values = [*_values(reading, _only_asked(part, context), context)]
        found += values
        found += _act(reading, part, context, bool(values))
    found = [*_halves_joined(_one_of_each([*_without_taken_back(found)]))]
    return tuple(dict.fromkeys(_main_first(found, context)))


# What is filed by mistake cannot be had back: beside something else a yes has to be plain.
SURE_BESIDE = 0.9
_FEW = 3
_QUESTIONS = frozenset(("ask", "explain", "where", "why", "privacy", "status", "bot"))


def _is_plain(part: ReadPart, parts: Sequence[ReadPart], reading: Reading) -> bool:
    """Whether a part of several may count: "if I say yes, can I …" has no yes in it."""
    if part.act != "yes":
        return True
    asks = any(other.act in _QUESTIONS and other.first >= part.last for other in parts)
    words = reading.words(part).rstrip()
    is_apart = len(words.split()) <= _FEW or words[-1:] in ".!" or "\n" in words
    return part.confidence >= SURE_BESIDE and (is_apart or not asks)


def _one_of_each(found: Sequence[Command]) -> Iterator[Command]:
    """The same commands with one value for a field: the one that corrects the others. Where two
    countries are named and none corrects, help with telling which one counts."""
    values: dict[str | None, list[Command]] = defaultdict(list)
    for one in found:
        if one.do == "set":
            values[one.field].append(one)
    for one in found:
        rivals = values[one.field] if one.do == "set" else []
        corrections = [other for other in rivals if other.replaces is not None]
        if len({other.value for other in rivals}) < 2:
            yield one
        elif corrections:
            if one is corrections[-1]:
                yield one
        elif one.field == "country":
            if one is rivals[-1] and not any(other.do == "where" for other in found):
                yield Command("where", "country", confidence=one.confidence)
        else:
            yield one


# Of these a message means the last: "yes... no, don't".
_DECISIONS = frozenset(("yes", "no", "keep", "stop", "wait"))


def _without_taken_back(found: Sequence[Command]) -> Iterator[Command]:
    """The commands without those that a later part takes back, and without a wish to change what
    the message itself changes."""
    decisions = [command for command in found if command.do in _DECISIONS]
    waits = any(command.do == "wait" for command in found)
    changed = {command.field for command in found if command.do == "set"}
    if any(command.do == "account" for command in found):
        changed.add("account")
    for command in found:
        if command.do in ("yes", "no") and command is not decisions[-1]:
            continue
        if command.do == "change" and command.field in changed:
            continue
        if command.do == "back" and waits:
            continue  # "my stop, back later"
        yield command


def _only_asked(part: ReadPart, context: Context) -> ReadPart:
    """The part; of one that asks something only what can but be the answer: an address where one
    was asked for, though the rest of it asks why."""
    if part.act not in _NO_VALUES:
        return part
    label = _ANSWERS.get(context.asked)
    spans = tuple(span for span in part.spans if span.label == label and span.role is None)
    return replace(part, spans=spans)


_ANSWERS = {
    "email": "email", "new_email": "email", "number": "number", "after_filing": "code",
    "account": "link", "platform": "link", "handle": "link",
}  # fmt: skip


# What a sentence of a reason may look like by itself.
_STATEMENT = 6
_OF_A_REASON = frozenset("give nonsense yes no none refuse complain file told dont_know".split())
# Below this a long answer at the reason is one, whatever else it may be.
_RATHER = 0.7


def _whole_reason(parts: Sequence[ReadPart]) -> Iterator[ReadPart]:
    """The parts of a reply at the reason: what goes on from a reason, and brings nothing else, is
    more of it."""
    run: list[ReadPart] = []
    for part in (*parts, None):
        if part is not None and _may_be_reason(part):
            run.append(part)
            continue
        is_reason = bool(run) and (
            run[0].act in ("give", "nonsense") or run[-1].last - run[0].first >= _STATEMENT
        )
        if is_reason and len(run) > 1:
            spans = tuple(span for one in run for span in one.spans)
            run = [replace(run[0], act="give", last=run[-1].last, spans=spans)]
        yield from run
        run = []
        if part is not None:
            yield part


def _may_be_reason(part: ReadPart) -> bool:
    if any(span.label in _ELSEWHERE for span in part.spans):
        return False
    if part.act in _OF_A_REASON:
        return _says_a_reason(part)
    return part.confidence < _RATHER and part.act not in _QUESTIONS


def _says_a_reason(part: ReadPart) -> bool:
    """Whether a part is one by its act: what is surely a no, or its like, is none."""
    is_plain = part.act in _SURELY or part.confidence < SURE_BESIDE
    return part.act in _OF_A_REASON and is_plain


_SURELY = frozenset(("give", "nonsense", "file", "complain"))
_ELSEWHERE = frozenset(("email", "handle", "link", "number"))


def _act(reading: Reading, part: ReadPart, context: Context, has_values: bool) -> Iterator[Command]:
    """The command that a part is by its act, beside its values."""
    act, sure, words = part.act, part.confidence, reading.words(part)
    if act == "yes" and context.asked == "summary" and words.rstrip().endswith("?"):
        act = "explain"  # "yes?" asks, and files nothing
    fields = [FIELDS[s.role] for s in part.spans if s.label == "field" and s.role in FIELDS]
    is_long = part.last - part.first >= _STATEMENT
    may_be = _says_a_reason(part) or sure < _RATHER
    is_reason = (is_long and may_be) or act in ("give", "nonsense")
    if is_reason and context.asked == "reason" and not has_values:
        # Almost anything is a reason; "my reason is" before it is no part of it.
        yield Command("set", "reason", _from_reason(reading, part), confidence=sure)
    elif act in ("change", "correct") and not has_values:
        for field in fields or (None,):
            yield Command("change", field, confidence=sure)
    elif act == "remove" and not has_values and not fields and _mentioned(context):
        for one in _mentioned(context):
            yield Command("remove", platform=one["platform"], handle=one["handle"], confidence=sure)
    elif act == "remove" and not has_values:
        for field in fields or (None,):
            yield Command("remove", field, confidence=sure)
    elif act in NOTHING and fields:
        yield Command(act, confidence=sure)
        for field in dict.fromkeys(fields):
            yield Command(act, field, confidence=sure)
    elif act == "add" and not has_values:
        yield Command("add", confidence=sure)
    elif act == "give":
        if not has_values:
            yield Command("give", text=words, confidence=sure)
    elif act in ("why", "where", "progress"):
        yield Command(act, next(iter(fields), None), text=words, confidence=sure)
    elif act in ("ask", "off", "file", "status", "withdraw", "told", "nonsense"):
        yield Command(act, text=words, confidence=sure)
    elif act == "yes" and has_values and context.asked not in ("summary", "withdraw_confirm"):
        return  # "yes, facebook ana.k"
    elif act in ("no", "none") and has_values and context.asked == "linked_mentioned":
        return  # "ana.shop no"
    elif act not in ("correct", "add", "remove", "change"):
        yield Command(act, confidence=sure)


def _from_reason(reading: Reading, part: ReadPart) -> str:
    first = next((span.first for span in part.spans if span.label == "reason"), part.first)
    before = {token.lower for token in reading.message.tokens[part.first : first]}
    if len(before) > _BEFORE_REASON or not before & _REASON:
        first = part.first
    return reading.words(replace(part, first=first))


# So many words may stand before a reason and be no part of it, if one of them is the word.
_BEFORE_REASON = 5
_REASON = frozenset("reason because grund motivo motif raison razón razão weil porque".split())


def _mentioned(context: Context) -> Sequence[Mapping[str, str]]:
    """The accounts that the question that stands is about."""
    if context.asked != "linked_mentioned":
        return ()
    return context.draft.get("mentioned_accounts") or ()


def _values(reading: Reading, part: ReadPart, context: Context) -> Iterator[Command]:
    """What a part brings or takes away."""
    sure = part.confidence
    corrects: tuple[str | None, ...] | None = () if part.act == "correct" else None
    if context.asked == "reason" and part.act == "give" and sure < 1:
        return  # "because my instagram account ana.s is private" is a reason, and nothing else
    yield from _name(reading, part, context)
    kinds = {span.label for span in part.spans}
    for span in part.spans:
        text = _text(reading, span)
        if span.label == "email" and _counts(span, part, context):
            email = _parsed(parse_email, text) or text
            new = () if span.role == "new" else corrects
            yield Command("set", "email", email, confidence=sure, replaces=new)
        elif span.label == "country" and _counts(span, part, context):
            code = _parsed(parse_country, text)
            if code:
                yield Command("set", "country", code, confidence=sure, replaces=corrects)
        elif span.label == "place" and "country" not in kinds and span.role is None:
            yield Command("region", value=text, confidence=sure)
        elif span.label == "reason" and context.asked != "reason":
            yield Command("set", "reason", text, confidence=sure)
        elif span.label == "number" or (span.label == "code" and context.asked == "after_filing"):
            yield Command("set", span.label, text, confidence=sure)
    if context.asked == "country" and part.act == "give" and not kinds:
        yield from _country_in(reading.words(part), sure)
    yield from _accounts(reading, part, context)


def _country_in(words: str, sure: float) -> Iterator[Command]:
    """A country or a place that was overlooked, where one was asked for: both are listed."""
    found = _parsed(parse_country, words)
    if found:
        yield Command("set", "country", found, confidence=sure)
        return
    folded = countries.fold(words).split()
    for length in (3, 2, 1):
        for first in range(len(folded) - length + 1):
            name = " ".join(folded[first : first + length])
            if places.country_of(name):
                yield Command("region", value=name.title(), confidence=sure)
                return


def _name(reading: Reading, part: ReadPart, context: Context) -> Iterator[Command]:
    """The name that a part gives: of several pieces, the first ones that stand together."""
    if context.asked not in _NAME_ASKED and part.act not in _BRING | {"file", "yes", "no", "told"}:
        return
    pieces = [s for s in part.spans if s.label == "name" and _counts(s, part, context)]
    joined: list[Span] = []
    for piece in pieces:
        if joined and not _goes_on(reading, joined[-1].last, piece.first):
            break
        joined.append(piece)
    if not joined:
        return
    tokens = reading.message.tokens
    first, last = joined[0].first, joined[-1].last
    if context.asked in _NAME_ASKED:
        # A word in a capital beside a name is of it: "Marcus Tell".
        while first > part.first and _of_name(tokens[first - 1], is_first=first - 1 == part.first):
            first -= 1
        while last < part.last and _of_name(tokens[last]):
            last += 1
    name = reading.message.text[tokens[first].start : tokens[last - 1].end]
    end = tokens[last - 1].end
    if reading.message.text[end : end + 1] == "." and len(name.rpartition(" ")[2]) < 4:
        name += "."  # "Ana Silva Jr."
    parsed = _parsed(parse_full_name, name)
    if parsed:
        whole = _whole_name(parsed, str(context.draft.get("full_name") or ""))
        corrects = () if part.act == "correct" else None
        yield Command("set", "full_name", whole, confidence=part.confidence, replaces=corrects)


def _of_name(token: Token, *, is_first: bool = False) -> bool:
    """Whether a word beside a name looks like more of it. The first word of a sentence has a
    capital whatever it is, so that one has to be a name somewhere, or no word of English."""
    text = token.text
    if token.kind != "word" or not all(char.isalpha() or char in "'’-" for char in text):
        return False
    is_written_so = text[0].isupper() and text[1:] == text[1:].lower()
    if is_first and token.lower in lists.english():
        return is_written_so and bool({"given", "family"} & {*lists.kinds(token.lower)})
    # Scripts without capitals: a name in two of them.
    return is_written_so or text.upper() == text.lower()


def _goes_on(reading: Reading, last: int, first: int) -> bool:
    """Whether two pieces are of one name: at most a word or two between, and no end of anything."""
    between = reading.message.tokens[last:first]
    return len(between) <= _WITHIN_NAME and not any(
        token.kind == "line" or token.text[0] in ",;:/|(" for token in between
    )


_WITHIN_NAME = 3


# How alike a part of a name is to what it is a better spelling of.
_ALIKE = 0.6


def _whole_name(name: str, known: str) -> str:
    """The name with a part of it spelt anew: "Kowalska" for "Marta Kowalsky"."""
    words = known.split()
    if " " in name or len(words) < 2:
        return name
    place, alike = _most_alike(name.lower(), [word.lower() for word in words])
    if alike < _ALIKE:
        return name
    return " ".join([*words[:place], name, *words[place + 1 :]])


def _most_alike(text: str, others: Sequence[str]) -> tuple[int, float]:
    """Which of some texts is most like one, and how much, 0 to 1."""
    alike = [SequenceMatcher(None, text, other).ratio() for other in others]
    place = max(range(len(others)), key=alike.__getitem__)
    return place, alike[place]


# What a part for somebody else may bring: it is filed for them.
_THEIRS = {
    "name": ("full_name", "new_name"), "email": ("email", "new_email"), "country": ("country",),
    "handle": _FIRST,
}  # fmt: skip


def _counts(span: Span, part: ReadPart, context: Context) -> bool:
    """Whether a value is the one that counts, and not what it replaces or somebody else's."""
    if span.role == "other":
        return part.act == "for_other" and context.asked in _THEIRS.get(span.label, ())
    # What is denied counts for nothing even where the new value is missing.
    return span.role != "old"


def _parsed(parse: Callable[[str], str], text: str) -> str | None:
    try:
        return parse(text)
    except FieldError:
        return None


# --- accounts -------------------------------------------------------------------------------------


def _accounts(reading: Reading, part: ReadPart, context: Context) -> Iterator[Command]:
    is_known = context.asked == "handle"
    named = named_accounts(reading.message, part.spans, is_known=is_known)
    old = [one for one in named if one.role == "old"]
    new = [one for one in named if one.role not in ("old", "removed", "other")]
    if part.act == "for_other" and context.asked in _THEIRS["handle"]:
        new = [replace(one, role=None) if one.role == "other" else one for one in named]
        named = new
    says_which = any(one.role == "removed" for one in named)
    for one in named:
        is_meant = part.act == "remove" and one.role is None and not says_which
        if one.role == "removed" or is_meant:
            yield Command(
                "remove", platform=one.platform, handle=one.handle, confidence=part.confidence
            )
        elif one.role == "other":
            yield Command(
                "for_other", platform=one.platform, handle=one.handle, confidence=part.confidence
            )
    if old and not new:
        # "that's not my handle any more": wants it changed, and says not to what.
        yield Command("change", "account", confidence=part.confidence)
    if context.asked in ("email", "new_email") and all(one.platform is None for one in named):
        # "ana.example.org" is an address with a slip.
        new = []
    for place, one in enumerate(new):
        if part.act == "remove" and one.role is None:
            continue
        if one.handle is None and part.act in _NO_ACCOUNT and context.asked not in (
            "platform",
            "linked_mentioned",
        ):
            continue  # "no, I only have Instagram"
        yield _account(one, old[place] if place < len(old) else None, part, context)


def _account(one: Named, old: Named | None, part: ReadPart, context: Context) -> Command:
    platform, handle = one.platform, one.handle
    pending = context.draft.get("pending_account") or {}
    if handle is None and context.asked == "platform":
        handle = pending.get("handle")
    if platform is None and context.asked == "handle":
        platform = pending.get("platform")
    replaces: tuple[str | None, ...] | None = None
    is_known = handle is not None and any(
        account["handle"] == handle for _, account in _standing(context)
    )
    if old is not None:
        replaces = (old.platform, old.handle)
    elif (part.act == "correct" or one.role == "new") and not is_known:
        replaces = ()
        known = _spelt_anew(handle, context)
        if known is not None:
            place, account = known
            return Command(
                "account",
                platform=platform or account["platform"],
                handle=handle,
                relation=_STANDS.get(place, "named"),
                replaces=(account["platform"], account["handle"]),
                confidence=part.confidence,
            )
    relation = one.role if one.role in ("main", "linked", "unlinked") else None
    if context.asked == "linked_mentioned" and relation is None:
        relation = _SAID_OF.get(part.act)
    known_one = _known_by(platform, handle, relation, context) if replaces is None else None
    if known_one is not None:
        platform, handle = known_one["platform"], known_one["handle"]
    return Command(
        "account",
        platform=platform,
        handle=handle,
        relation=relation or _RELATION.get(context.asked if part.act != "correct" else ""),
        replaces=replaces,
        confidence=part.confidence,
        value=one.problem.sentence if one.problem else None,
    )


_STANDS = {"account": "main", **_RELATION}
# "ana.k yes, ana.s no", where it was asked whether they are linked.
_SAID_OF = {"yes": "linked", "no": "unlinked", "none": "unlinked"}


def _standing(context: Context) -> list[tuple[str, Mapping[str, str]]]:
    """The accounts of the draft, each with where it stands; those that were asked about first."""
    draft = context.draft
    places = ("mentioned_accounts", "linked_accounts", "unlinked_accounts")
    standing = [(place, one) for place in places for one in draft.get(place) or ()]
    main = draft.get("account")
    return [*standing, ("account", main)] if main else standing


def _known_by(
    platform: str | None, handle: str | None, relation: str | None, context: Context
) -> Mapping[str, str] | None:
    """The account of the draft that half of its name stands for: its handle, or its platform where
    it is said of it how it is linked and it is the only one there."""
    if handle and not platform:
        found = [one for _, one in _standing(context) if one["handle"] == handle]
    elif platform and not handle and relation and context.asked == "linked_mentioned":
        found = [one for one in _mentioned(context) if one["platform"] == platform]
    else:
        return None
    return found[0] if len(found) == 1 else None


def _spelt_anew(handle: str | None, context: Context) -> tuple[str, Mapping[str, str]] | None:
    """The account of the draft whose name is nearly this one, and where it stands."""
    standing = _standing(context)
    if not handle or not standing:
        return None
    best, alike = _most_alike(handle, [one["handle"] for _, one in standing])
    return standing[best] if _ALIKE <= alike < 1 else None


def _halves_joined(found: Iterable[Command]) -> Iterator[Command]:
    """The same commands; a platform in one part and a handle in the next are one account."""
    last: Command | None = None
    for command in found:
        is_account = command.do == "account"
        if is_account and last is not None and _are_halves(last, command):
            last = replace(
                command,
                platform=last.platform or command.platform,
                handle=last.handle or command.handle,
                relation=_said(command.relation, last.relation),
                replaces=last.replaces if command.replaces is None else command.replaces,
            )
            continue
        if last is not None:
            yield last
        last = command if is_account else None
        if not is_account:
            yield command
    if last is not None:
        yield last


def _are_halves(one: Command, other: Command) -> bool:
    halves = {(bool(it.platform), bool(it.handle)) for it in (one, other)}
    return halves == {(True, False), (False, True)} and not (one.value or other.value)


def _said(*relations: str | None) -> str | None:
    """The relation that says most: "not linked" more than that it was given among the linked."""
    return next((one for one in ("unlinked", "main", "linked") if one in relations), None)


def _main_first(found: Sequence[Command], context: Context) -> Iterator[Command]:
    """The same commands, each account with its relation: where none is known yet, the first one
    that is not said to be linked to another is the one to object for."""
    has_main = bool(context.draft.get("account")) or any(c.relation == "main" for c in found)
    for command in found:
        if command.do == "account" and command.relation is None and command.replaces is None:
            is_main = not has_main and context.asked in _FIRST
            has_main = has_main or is_main
            yield _with_relation(command, "main" if is_main else "named")
        else:
            yield command


def _with_relation(command: Command, relation: str) -> Command:
    return Command.from_dict({**command.as_dict(), "relation": relation})


def _text(reading: Reading, span: Span) -> str:
    tokens = reading.message.tokens
    return reading.message.text[tokens[span.first].start : tokens[span.last - 1].end]
