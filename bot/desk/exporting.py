"""The command that writes cases into a file, decrypted, for use elsewhere."""

from __future__ import annotations

import csv
import json
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from bot import patterns
from bot.desk import common, filters
from bot.desk.common import As, AsJson
from bot.objections.casebook import CaseReader, exported
from bot.objections.exports import note_export

__all__ = ["COLUMNS", "export", "write_csv", "write_jsonl"]

COLUMNS = (
    "reference",
    "case_status",
    "received_at",
    "due_on",
    "closed_at",
    "withdrawn_at",
    "verified_at",
    "taken_by",
    "channel",
    "language",
    "country",
    "notice_version",
    "erased",
    "full_name",
    "email",
    "reason",
    "accounts",
    "unreadable",
)
# A spreadsheet takes a cell that begins so for a formula, and runs it; one set to Japanese reads
# the wide forms alike. Source: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = frozenset("=+-@＝＋－＠﹦﹢﹣﹫−")
# Programs differ on what stands between two cells: in many countries it is a semicolon. So whatever
# follows one of these, or a line break, may come to stand at the beginning of a cell.
_SEPARATOR = patterns.compile("([;,|\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029])")
# What is taken off before a cell is read.
_NOT_SEEN = patterns.compile(r"[\s\"\x00-\x1f\u200b-\u200f\u202a-\u202e\u2060\ufeff]*")


def export(
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="A new file, readable by its owner only.")
    ],
    form: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
    status: filters.Status = None,
    overdue: filters.Overdue = False,
    due_before: filters.DueBefore = None,
    country: filters.Country = None,
    verified: filters.Verified = None,
    taken_by: filters.TakenBy = None,
    name: As = None,
    as_json: AsJson = False,
) -> None:
    """Write cases into a file, with the same filters as the list. This is personal data."""
    if form not in _FORMS:
        common.stop("--format must be csv or jsonl.")
    today = common.today()
    wanted = filters.wanted(today, status, overdue, due_before, country, verified, taken_by)
    with common.at_the_desk(writing=True) as desk:
        who = common.operator(name, desk.settings)
        file = _new_file(out)
        unreadable = 0
        try:
            with _undone_when_ended(), file:
                rows = map(exported, CaseReader(desk.database, desk.keys).cases(wanted))
                count, unreadable = _FORMS[form](file, rows)
                file.flush()
                os.fsync(file.fileno())
            # Only now is the number known. If this fails, there is no file.
            note_export(desk.database, who, count, common.now())
        except OSError as error:
            out.unlink(missing_ok=True)
            common.stop(f"{out} cannot be written: {error.strerror}.")
        except BaseException:
            out.unlink(missing_ok=True)
            raise
    if as_json:
        common.print_json({"file": str(out), "objections": count, "unreadable": unreadable})
    else:
        common.out.print(
            f"{count:,} objection{'' if count == 1 else 's'} written to {common.plain(str(out))}. "
            "It holds personal data: delete it when it is not needed any more.",
            markup=False,
        )
    if unreadable:
        common.err.print(
            f"In {unreadable:,} of them something cannot be opened: "
            "damaged, or its key is not among DATA_KEYS.",
            style="red",
        )
        raise typer.Exit(common.NO)


@contextmanager
def _undone_when_ended() -> Iterator[None]:
    """Let a closed terminal and `kill` do what Ctrl-C does: leave no file without an event."""

    def end(*_: Any) -> None:
        raise KeyboardInterrupt

    before = {one: signal.signal(one, end) for one in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _new_file(path: Path) -> IO[str]:
    """A file that was not there before, readable and writable by its owner only."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        common.stop(f"{path} exists already. Name a new file.")
    except OSError as error:
        common.stop(f"{path} cannot be written: {error.strerror}.")
    # What is no Unicode, from a damaged row, is replaced instead of ending the export.
    return os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="")


def write_csv(file: IO[str], rows: Iterable[dict[str, Any]]) -> tuple[int, int]:
    """Write rows, each with `COLUMNS`, so that no spreadsheet runs a cell, whichever of comma,
    semicolon and tab it is set to; how many, and in how many something could not be opened."""
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    count = unreadable = 0
    for row in rows:
        writer.writerow([_cell(row[column]) for column in COLUMNS])
        count, unreadable = count + 1, unreadable + bool(row["unreadable"])
    return count, unreadable


def write_jsonl(file: IO[str], rows: Iterable[dict[str, Any]]) -> tuple[int, int]:
    """Write rows exactly as they are; the same numbers as of `write_csv`."""
    count = unreadable = 0
    for row in rows:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
        count, unreadable = count + 1, unreadable + bool(row["unreadable"])
    return count, unreadable


_FORMS: dict[str, Callable[[IO[str], Iterable[dict[str, Any]]], tuple[int, int]]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
}


def _cell(value: Any) -> str:
    """A value as a cell that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        value = "; ".join(_account(one) if isinstance(one, dict) else one for one in value)
    # A NUL, from a damaged row, has no place in a CSV.
    parts = _SEPARATOR.split(str(value).replace("\0", "\ufffd"))
    # A cell that begins with a separator is guarded in front of that: it may be taken off.
    start = "'" if len(parts) > 1 and not parts[0] else ""
    return start + "".join(f"'{part}" if _is_formula(part) else part for part in parts)


def _is_formula(part: str) -> bool:
    found = _NOT_SEEN.match(part)
    return found is not None and part[found.end() : found.end() + 1] in _FORMULA


def _account(account: dict[str, Any]) -> str:
    return f"{account['platform']}:{account['handle'] or ''} ({account['exclusion_state']})"
