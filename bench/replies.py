"""How well replies are understood: commands read against those that a writer has put down.

    python -m bench.replies tests/evaluation/replies.jsonl [--json] [--quiet]

A line is right when exactly its commands are read, or those of one of its alternatives. What does
the same in the product counts as the same: "no", "none" and "skip" at a list, for example.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.understanding.commands import Command
from bot.understanding.context import Context

Row = Mapping[str, Any]
Shape = tuple[str, ...]

_LISTS = ("linked_accounts", "unlinked_accounts")
_NOTHING = frozenset(("no", "none", "skip"))


@dataclass(frozen=True)
class Score:
    """What was read of one line.

    Attributes:
        right: whether the commands are those wanted.
        wrong_field: whether a value landed in a field where it does not belong.
        wrong_yes, wrong_stop: whether a yes or a stop was read that nobody said.
    """

    right: bool
    wrong_field: bool
    wrong_yes: bool
    wrong_stop: bool


def context_of(row: Row) -> Context:
    """The context that a line describes."""
    draft = dict(row["draft"])
    if draft.get("pending"):
        draft["pending_account"] = draft.pop("pending")
    if draft.get("mentioned"):
        draft["mentioned_accounts"] = draft.pop("mentioned")
    if row["asked"] not in (
        "open",
        "after_filing",
        "new_email",
        "new_name",
        "number",
        "withdraw_confirm",
    ):
        draft["draft_id"] = "0" * 32
    return Context(row["asked"], draft)


def shapes(commands: Iterable[Command], asked: str) -> frozenset[Shape]:
    """Commands in a form that can be compared, those alike in effect being one."""
    found = {_shape(one, asked) for one in commands}
    own = {shape for shape in found if shape[0] not in ("told", "file", "thanks", "greet", "bye")}
    return frozenset(own or found)


def wanted(rows: Sequence[Row], asked: str) -> frozenset[Shape]:
    """The same of commands as a line has them."""
    return shapes([_command(row) for row in rows], asked)


def score(row: Row, read: Sequence[Command]) -> Score:
    """Compare what was read with what a line wants."""
    asked = row["asked"]
    got = shapes(read, asked)
    accepted = [wanted(one, asked) for one in (row["commands"], *row["alt"])]
    anything: frozenset[Shape] = frozenset().union(*accepted)
    fields = {shape[:2] for shape in anything if shape[0] == "set"}
    stray = any(s[0] == "set" and s[:2] not in fields for s in got)
    return Score(
        right=got in accepted,
        wrong_field=stray,
        wrong_yes=("yes",) in got - anything,
        wrong_stop=("stop",) in got - anything,
    )


def _command(row: Row) -> Command:
    do = row["do"]
    if do == "account":
        return Command(do, platform=row["platform"], handle=row["handle"], relation=row["as"])
    given = {key: row.get(key) for key in ("field", "value", "platform", "handle")}
    return Command(do, **given)


def _shape(one: Command, asked: str) -> Shape:
    do = one.do
    if do == "set":
        return "set", str(one.field), _plain(one.value or "")
    if do == "account" and one.value:
        return ("where",)  # an app that cannot be objected for: it is told which can
    if do == "account":
        relation = one.relation or ("main" if asked not in _LISTS else asked.partition("_")[0])
        return "account", str(one.platform), (one.handle or "").lower().lstrip("@"), relation
    if do == "remove":
        return "remove", str(one.field), str(one.platform), (one.handle or "").lower().lstrip("@")
    if do == "region":
        return "region", _plain(one.value or "")
    if do == "change":
        if one.field is None and asked == "summary":
            return ("no",)
        return "change", str(one.field)
    if asked in (*_LISTS, "reason", "country") and do in _NOTHING:
        return ("none",)
    if asked == "country" and do == "refuse":
        return ("none",)
    if do == "add":
        return "change", "linked_accounts"
    return ({"off": "ask", "give": "nonsense"}.get(do, do),)


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum() or char == "@")


def main() -> None:
    """Read a file and print its figures."""
    from bot.nlu.encoders import encoder
    from bot.nlu.replies.understand import understand
    from bot.runtime.reply_model import loaded_model

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quiet", action="store_true", help="figures alone, no line of the set")
    given = parser.parse_args()
    encoder()
    model = loaded_model()
    rows = [
        json.loads(line)
        for file in given.files
        for line in file.open(encoding="utf-8")
        if line.strip()
    ]
    scores = [
        (row, read := understand(row["text"], context_of(row), model), score(row, read))
        for row in rows
    ]
    figures: dict[str, Any] = {"n": len(rows), "right": _share(one.right for *_, one in scores)}
    for name in ("wrong_field", "wrong_yes", "wrong_stop"):
        figures[name] = sum(getattr(one, name) for *_, one in scores)
    for key in ("lang", "asked"):
        groups = Counter(row[key] for row in rows)
        figures[key] = {
            group: _share(one.right for row, _, one in scores if row[key] == group)
            for group in groups
        }
    print(json.dumps(figures, indent=None if given.json else 1))
    if not given.quiet:
        for row, read, one in scores:
            if not one.right:
                print(
                    row["asked"],
                    "|",
                    row["text"],
                    "|",
                    sorted(wanted(row["commands"], row["asked"])),
                    "|",
                    sorted(shapes(read, row["asked"])),
                )


def _share(values: Iterable[bool]) -> float:
    values = list(values)
    return round(sum(values) / max(len(values), 1), 3)


if __name__ == "__main__":
    main()
