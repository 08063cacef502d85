"""The longest messages that are taken, at every place where one is read: how much CPU they take.

`python -m bench.longest` has every run of 1,000 characters understood by the model and read at
every step, and says which take the most; `--without-model` leaves the model out. That time grows
no faster than the text does is for `tests/unit/test_linear_time.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise, product

from actions.filing.declarations import is_declaration
from bot.log import configure
from bot.nlu import alone, distress, questions
from bot.nlu.replies import acts, tagger
from bot.nlu.replies.accounts import named_accounts
from bot.nlu.replies.lines import Span
from bot.objections import accounts, codes, fields, references
from bot.objections.addresses import likely_address
from bot.objections.errors import FieldError
from bot.objections.places import country_of
from bot.runtime import conversation
from bot.runtime.training import train_when_needed
from bot.runtime.understanding import Understanding
from bot.settings import ROOT, Settings
from bot.understanding.commands import ASKED
from bot.understanding.scan import Message, scan

LENGTH = conversation.MAX_TEXT
_LENGTHS = (30, 62, 250, LENGTH)
# Four times the length may take four times the time, and its square would take sixteen times. What
# lies between is for the noise of a busy machine.
MUCH = 10.0
# What takes less is not measured: a call takes some time however short its text is.
_LEAST_S = 0.0005

# What is typed over and over: words of the form, parts of details, signs, letters that grow when
# they are brought to another form.
RUNS = (
    "change the ", "change my !", "correct my name ", "no wait ", "actually, ", "sorry i meant ",
    "i'm ", "my name is ", "call me ", "it's me ", "here\n", "Ana ", "ana ",
    "Ana Silva from Spain, ",
    "O'Brien-", "j.r.", ", jr", "Mc", "我叫", "私は", "مرحبا ", "हि", "é", "ß",
    "a@", "a@a.", "a@a@a.a ", "at ", "a at b dot ", "ana at example dot com ", "e-mail is ",
    "mailto:",
    "I am from ", "in Spain, ", "Spain ", "country is ",
    "facebook ", "instagram ana.s ", "ana.s on ", "fb.com/a ", "https://facebook.com/",
    "profile.php?id=1&",
    "a/", "www.", "threads @a ", "@", "@ana ", "ana_b ", "linked ", "not sure ", "my wife's ",
    "a, ", "and ",
    "please ", "thanks. ", "yes ", "no, ", "skip ", "stop ", "start over ", "wait ", "why ",
    "do i ",
    "what is it and ", "know what ", "don't ", "n't ", "qzxvw ", "stauts ", "send code ", "123456 ",
    "OBJ-0000-", "A",
    " ".join(map("".join, product("bdg", "ae", "kln", "io", "rst", ("uv", "wuv")))),
    "1", "1a", "!", ".", ". ", "?", "(", "((( ", "] ", "<", ">", "'", "-", " - ", " \n", "\n",
    " x", "x",
    "，", "；", "ﷺ", "\u200d", "😀", "&", "%41", ":)", "{", "\\", "*", "=",
)


def _parsed(parse: Callable[[str], object], text: str) -> None:
    with contextlib.suppress(FieldError):
        parse(text)


def _outside(text: str) -> None:
    """What every message goes through, whatever is asked."""
    try:
        text = conversation.typed(text)
    except conversation.TextRefused:
        return
    distress.in_distress(text)
    alone.topic_of_shape(text)
    questions.questions(text)
    questions.is_question(text)
    codes.find_code(text)
    references.find_reference(text)
    is_declaration(text)


def _reply(asked: str, text: str) -> None:
    """What a reply goes through before what was learned: scanned once, and its features."""
    message = scan(text)
    list(tagger.features(message, asked, frozenset()))
    whole = (Span(0, len(message.tokens), "handle"),) if message.tokens else ()
    act_words(message, whole)
    named_accounts(message, whole)


def act_words(message: Message, spans: tuple[Span, ...]) -> None:
    acts.masked(message, 0, len(message.tokens), spans)
    for place in range(len(spans)):
        acts.role_features(message, place, spans, "give", "account")


STEPS: dict[str, Callable[[str], object]] = {
    "every message": _outside,
    **{f"a reply at {asked}": partial(_reply, asked) for asked in ASKED},
    **{
        parse.__name__: partial(_parsed, parse)
        for parse in (
            fields.parse_full_name, fields.parse_email, fields.parse_country, fields.parse_reason,
            accounts.parse_account, references.parse_reference, likely_address, country_of,
        )
    },
}


def grown(run: str, length: int, before: str = "", after: str = "") -> str:
    """At most `length` characters of a run that is said over and over, as often as fits."""
    missing = length - len(before) - len(after)
    return before + (run * (missing // len(run)) or run[:missing]) + after


def seconds(use: Callable[[str], object], text: str, tries: int = 3) -> float:
    """CPU that one use takes, the least of several."""
    least = float("inf")
    for _ in range(tries):
        start = time.process_time()
        use(text)
        least = min(least, time.process_time() - start)
    return least


def growth(use: Callable[[str], object], run: str, before: str = "", after: str = "") -> float:
    """How much more CPU a text takes than one a quarter as long, at most, up to `LENGTH`.

    It stops at the first that takes ten times as much: the next might take for ever.
    """
    worst = 0.0
    for shorter, length in pairwise(_LENGTHS):
        texts = [grown(run, size, before, after) for size in (shorter, length)]
        for tries in (1, 3, 10):
            # Anew where it looks bad: it may have been a busy moment.
            last, taken = (seconds(use, text, tries) for text in texts)
            times = taken / max(last, _LEAST_S)
            if times < MUCH or taken > 1:
                break
        worst = max(worst, times)
        if worst >= MUCH:
            break
    return worst


def main() -> None:
    configure("WARNING")
    understand: Callable[[str], object] | None = None
    if "--without-model" not in sys.argv:
        understanding = Understanding(train_when_needed(ROOT), Settings.load())

        def understand(text: str) -> object:
            return asyncio.run(understanding.parse(text))

    rows = []
    for run in RUNS:
        text = grown(run, LENGTH)
        understood = seconds(understand, text) if understand else 0.0
        rows += [(understood, seconds(read, text), step, run) for step, read in STEPS.items()]
    rows.sort(key=lambda row: row[0] + row[1], reverse=True)
    print("understood +   read, in ms of CPU")
    for understood, taken, step, run in rows[:10]:
        print(f"{1000 * understood:10.1f} + {1000 * taken:6.1f}  {step}: {run[:20]!r}")


if __name__ == "__main__":
    main()
