"""How cases look in a terminal. What people wrote is shown in plain letters and never obeyed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.desk.common import plain
from bot.objections.casebook import Case, Decided
from bot.objections.listing import SOON_DAYS, Page, Row
from bot.objections.states import STANDING
from bot.objections.tally import WEEKS, Tally

__all__ = ["case_shown", "page_shown", "proposal_shown", "tally_shown"]

_STYLES = {"overdue": "bold red", "soon": "yellow", "later": "", "closed": "dim"}
_ID_LENGTH = 32
_GONE = Text("erased", style="dim")
_SEALED = Text("cannot be opened", style="red")


def page_shown(page: Page, today: date) -> RenderableType:
    """A page of the list as a table; `days` are those left, and below zero those over.

    It fits into 80 columns, and no number is ever cut.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in ("number", "status", "due", "days", "acc.", "from", "verified"):
        right = name in ("days", "acc.")
        table.add_column(name, no_wrap=True, justify="right" if right else "left")
    table.columns[0].min_width = 25
    table.add_column("taken by", overflow="fold")
    for row in page.rows:
        urgency = row.urgency(today)
        style = _STYLES[urgency]
        table.add_row(
            row.reference,
            row.case_status,
            Text(str(row.due_on), style=style),
            Text("" if urgency == "closed" else str((row.due_on - today).days), style=style),
            str(row.accounts),
            row.country or "",
            "yes" if row.verified else "no",
            row.taken_by or "",
        )
    return table


def case_shown(case: Case, today: date) -> RenderableType:
    """A case with everything about it."""
    parts: list[RenderableType] = [_facts(case, today)]
    accounts = _table("account", "platform", "named as", "state", "active objection")
    for one in case.accounts:
        accounts.add_row(
            _sealed(one.handle, "handle", case),
            one.platform,
            "itself" if one.basis == "named" else "same Accounts Center",
            one.exclusion_state,
            "this one" if one.active else "another" if _stands(one.exclusion_state) else "",
        )
    parts += _section("Accounts", accounts)
    for decided in case.decisions:
        parts += _section(_headline(decided), *_words(decided, case))
    if case.mails:
        mails = _table("mail", "state", "since", "attempts", "problem")
        for mail in case.mails:
            mails.add_row(
                mail.kind, mail.state, _time(mail.at), str(mail.attempts), mail.problem or ""
            )
        parts += _section("Mail", mails)
    if case.related:
        related = _table("number", "status", "verified", "filed")
        for other in case.related:
            related.add_row(
                other.reference,
                other.case_status,
                "yes" if other.verified else "no",
                "before this one" if other.earlier else "after this one",
            )
        parts += _section("Other objections for the same accounts", related)
    history = _table("event", "time", "who", "what", "with")
    for event in case.history:
        history.add_row(
            str(event.number),
            Text(plain(event.at[:19].replace("T", " ")), no_wrap=True),
            plain(event.actor),
            plain(event.action),
            Text(_payload(event.payload), overflow="fold"),
        )
    return Group(*parts, *_section("History", history))


def proposal_shown(proposal: Decided) -> RenderableType:
    """A refusal that waits for its second operator."""
    words = Padding(_lines(proposal.text or ""), (0, 0, 0, 2))
    return Group(Text(_headline(proposal), style="bold"), words)


def tally_shown(tally: Tally) -> RenderableType:
    """The counts as two tables."""
    states = _table("status", "cases")
    for status, count in tally.by_status.items():
        states.add_row(status, f"{count:,}")
    open_ones = _table("open cases", "number")
    for name, count, style in (
        ("all", tally.open, ""),
        ("overdue", tally.overdue, _STYLES["overdue"] if tally.overdue else ""),
        (f"due within {SOON_DAYS} days", tally.soon, _STYLES["soon"] if tally.soon else ""),
        ("due later", tally.later, ""),
        ("taken by nobody", tally.not_taken, ""),
        ("address not confirmed", tally.unverified, ""),
        ("refusal waits for a second operator", tally.proposals, ""),
    ):
        open_ones.add_row(name, f"{count:,}", style=style)
    ages = _table("received", "open", "overdue", f"within {SOON_DAYS} days", "later")
    for age in tally.ages:
        total = age.overdue + age.soon + age.later
        if total:
            counts = (total, age.overdue, age.soon, age.later)
            ages.add_row(weeks_ago(age.weeks), *(f"{count:,}" for count in counts))
    for table in (states, open_ones, ages):
        for column in table.columns[1:]:
            column.justify = "right"
    parts: list[RenderableType] = [states, "", open_ones]
    if tally.open:
        parts += ["", ages]
    return Group(*parts)


def weeks_ago(weeks: int) -> str:
    """How long ago a case was received, in words."""
    if weeks == 0:
        return "this week"
    since = f"{weeks} week{'' if weeks == 1 else 's'}"
    return f"{since} ago or longer" if weeks == WEEKS - 1 else f"{since} ago"


def _facts(case: Case, today: date) -> RenderableType:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    row = Row(
        case.reference, case.case_status, case.due_on, 0, None, False, case.taken_by
    )
    due = Text(str(case.due_on), style=_STYLES[row.urgency(today)])
    if distance := _distance(row, today):
        due.append(f"  {distance}")
    facts.add_row("number", Text(case.reference, style="bold"))
    facts.add_row("status", case.case_status)
    facts.add_row("due", due)
    facts.add_row("taken by", case.taken_by or "nobody")
    facts.add_row("received", f"{_time(case.received_at)}, {plain(case.channel)}")
    facts.add_row("notice", plain(case.notice_version))
    for name, moment in (("withdrawn", case.withdrawn_at), ("closed", case.closed_at)):
        if moment is not None:
            facts.add_row(name, _time(moment))
    facts.add_row("name", _personal(case.full_name, "full_name", case))
    address = _personal(case.email, "email", case)
    if not case.erased:
        confirmed = "not confirmed"
        if case.verified_at is not None:
            confirmed = f"confirmed {_time(case.verified_at)}"
        address = Text.assemble(address, f"  ({confirmed})")
    facts.add_row("e-mail", address)
    facts.add_row("country", case.country or "not given")
    if case.reason is not None or "reason" in case.unreadable:
        facts.add_row("reason", _sealed(case.reason, "reason", case))
    else:
        facts.add_row("reason", "none on record" if case.erased else "none given")
    return facts


def _headline(decided: Decided) -> str:
    """A decision in one line."""
    named = {"upheld": "Upheld", "not_matched": "Not matched", "reopened": "Reopened"}
    if decided.kind == "extended":
        named["extended"] = f"Put off from {decided.due_before} to {decided.due_after}"
    if decided.kind == "refused":
        named["refused"] = "Refusal proposed" if decided.waits else "Refused"
    line = f"{named[decided.kind]} by {decided.decided_by}, {_time(decided.decided_at)}"
    if decided.confirmed_by is not None and decided.confirmed_at is not None:
        line += f", confirmed by {decided.confirmed_by}, {_time(decided.confirmed_at)}"
    if decided.ground is not None:
        line += f" ({decided.ground})"
    return f"{line}, waits for a second operator" if decided.waits else line


def _words(decided: Decided, case: Case) -> Iterable[RenderableType]:
    if decided.kind in ("refused", "extended"):
        yield Padding(_sealed(decided.text, "decision", case), (0, 0, 0, 2))


def _personal(value: str | None, name: str, case: Case) -> Text:
    return _GONE if case.erased else _sealed(value, name, case)


def _sealed(value: str | None, name: str, case: Case) -> Text:
    if value is None:
        return _SEALED if name in case.unreadable else _GONE
    return _lines(value)


def _lines(text: str) -> Text:
    return Text("\n".join(plain(line) for line in text.split("\n")), overflow="fold")


def _payload(text: str) -> str:
    """An event's payload as words; as it stands where it is no JSON object."""
    try:
        pairs = json.loads(text).items()
    except (ValueError, AttributeError):
        return plain(text)
    # Hashes and ids of rows tell a reader nothing; --json has them.
    told = (f"{key} {value}" for key, value in pairs if len(str(value)) < _ID_LENGTH)
    return plain(", ".join(told))


def _stands(exclusion_state: str) -> bool:
    return exclusion_state in STANDING


def _distance(row: Row, today: date) -> str:
    """How far away the day is: only where it matters."""
    urgency, days = row.urgency(today), (row.due_on - today).days
    if urgency == "overdue":
        return f"{-days} day{'' if days == -1 else 's'} over"
    if urgency == "soon":
        return "today" if days == 0 else f"in {days} day{'' if days == 1 else 's'}"
    return ""


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _section(title: str, *parts: RenderableType) -> list[RenderableType]:
    return ["", Text(title, style="bold"), *parts]
