"""The commands that change a case: taking, deciding, reopening, putting off."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Annotated

import typer

from bot.desk import common
from bot.desk.common import As, AsJson, Reference
from bot.desk.display import proposal_shown
from bot.objections.casebook import CaseReader, Decided
from bot.objections.decisions import TEXT_MAX, Decisions, Done
from bot.objections.state_sentences import SENTENCES

__all__ = ["extend", "not_matched", "refuse", "reopen", "take", "uphold"]

Words = Annotated[
    str | None, typer.Option(metavar="FILE|-|WORDS", help="What the person is told.")
]


def take(
    reference: Reference,
    force: Annotated[bool, typer.Option("--force", help="Also from another operator.")] = False,
    name: As = None,
    as_json: AsJson = False,
) -> None:
    """Take a case into review. Only who has taken it decides it."""

    def use(decisions: Decisions, who: str) -> Done:
        return decisions.take(reference, who, forced=force)

    done = _do(use, name, as_json)
    if not as_json:
        words = "You had taken {} before." if done.again else "{} is yours now, and in review."
        common.out.print(words.format(done.reference), f"Due on {done.due_on}.")


def uphold(reference: Reference, name: As = None, as_json: AsJson = False) -> None:
    """Give the person what they asked for: its accounts are recorded as to be excluded."""
    done = _do(lambda decisions, who: decisions.uphold(reference, who), name, as_json)
    _say(done, f"{done.reference} is upheld.", as_json)


def not_matched(reference: Reference, name: As = None, as_json: AsJson = False) -> None:
    """Close a case because its accounts cannot be found."""
    done = _do(lambda decisions, who: decisions.not_matched(reference, who), name, as_json)
    _say(done, f"{done.reference} is closed as not matched.", as_json)


def reopen(reference: Reference, name: As = None, as_json: AsJson = False) -> None:
    """Look again at what was refused or not matched, after an appeal. The case is then yours."""
    done = _do(lambda decisions, who: decisions.reopen(reference, who), name, as_json)
    _say(done, f"{done.reference} is in review again.", as_json)


def extend(
    reference: Reference,
    months: Annotated[int, typer.Option(help="Months more, 1 or 2, counted from receipt.")],
    reason: Annotated[
        str, typer.Option(metavar="FILE|-|WORDS", help="Why; the person is told so.")
    ],
    name: As = None,
    as_json: AsJson = False,
) -> None:
    """Put the answer off, once and within the first month. The person is told why."""
    words = _words("--reason", reason)

    def use(decisions: Decisions, who: str) -> Done:
        return decisions.extend(reference, who, months, words)

    done = _do(use, name, as_json)
    _say(done, f"The answer to {done.reference} is now due on {done.due_on}.", as_json)


def refuse(
    reference: Reference,
    ground: Annotated[
        str | None, typer.Option(help="compelling_grounds or legal_claims: GDPR Art. 21(1).")
    ] = None,
    text: Words = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="As a second operator: refuse what was proposed.")
    ] = False,
    name: As = None,
    as_json: AsJson = False,
) -> None:
    """Propose to refuse, with --ground and --text; a second operator does it, with --confirm.

    Two names are asked for and taken as they are given: --as is no login, so whether they are two
    people is for you to see to.
    """
    if confirm:
        if ground is not None or text is not None:
            common.stop("--confirm takes the ground and words that were proposed, and no others.")
        _confirm(reference, name, as_json)
        return
    if ground is None or text is None:
        common.stop("A refusal needs --ground and --text, or --confirm by a second operator.")
    words = _words("--text", text)

    def use(decisions: Decisions, who: str) -> Done:
        return decisions.propose_refusal(reference, who, ground, words)

    done = _do(use, name, as_json)
    if not as_json:
        common.out.print(
            f"The refusal of {done.reference} is proposed. The person is not told yet: another "
            "operator confirms it with "
            f"'objection-bot desk refuse {done.reference} --confirm'."
        )


def _confirm(reference: str, name: str | None, as_json: bool) -> None:
    with common.at_the_desk(writing=True) as desk, common.answering(as_json):
        who = common.operator(name, desk.settings)
        decisions = _decisions(desk)
        proposal = CaseReader(desk.database, desk.keys).case(reference).proposal
        if proposal is not None and proposal.decided_by != who:
            _look_at(proposal, as_json)
        done = decisions.confirm_refusal(reference, who, proposal.id if proposal else None)
    if as_json:
        common.print_json(_as_dict(done))
    _say(done, f"{done.reference} is refused.", as_json)


def _look_at(proposal: Decided, as_json: bool) -> None:
    """Show the words before they are sent, and ask where there is somebody to ask."""
    if proposal.text is None:
        common.stop("The words of this proposal cannot be opened: propose the refusal anew.")
    if as_json:
        return
    common.out.print(proposal_shown(proposal))
    if _at_a_terminal() and not typer.confirm("Refuse with these words?"):
        common.out.print("Nothing was changed.")
        raise typer.Exit(common.NO)


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _do(use: Callable[[Decisions, str], Done], name: str | None, as_json: bool) -> Done:
    with common.at_the_desk(writing=True) as desk, common.answering(as_json):
        who = common.operator(name, desk.settings)
        done = use(_decisions(desk), who)
    if as_json:
        common.print_json(_as_dict(done))
    return done


def _decisions(desk: common.Desk) -> Decisions:
    role = desk.settings.operator_role
    return Decisions(desk.database, desk.keys, role, clock=common.now)


def _as_dict(done: Done) -> dict[str, object]:
    return {**asdict(done), "due_on": done.due_on.isoformat()}


def _say(done: Done, sentence: str, as_json: bool) -> None:
    if not as_json:
        told = "A mail to the person waits." if done.told else "There is nobody left to tell."
        common.out.print(sentence, SENTENCES[done.case_status].desk, told)


def _words(option: str, given: str) -> str:
    """What an option names: standard input, a file, or the words themselves."""
    if given == "-":
        return _all_of(option, sys.stdin)
    # One word is meant as a file. Otherwise a slip in its name would be what the person is told.
    if len(given.split()) != 1:
        return given
    try:
        with Path(given).open(encoding="utf-8") as file:
            return _all_of(option, file)
    except (OSError, ValueError):
        common.stop(f"{option}: there is no text file of this name; words go in quotes.")


def _all_of(option: str, file: IO[str]) -> str:
    # Space that is cleaned away later may be in it, but there is no need to read a disk full of it.
    words = file.read(2 * TEXT_MAX + 1)
    if len(words) > 2 * TEXT_MAX:
        common.stop(f"{option}: these words are too long, {TEXT_MAX:,} characters at most.")
    return words
