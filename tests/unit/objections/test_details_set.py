"""The replies of `tests/evaluation/details.jsonl`, written without looking at the code."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from bot.objections.details import Details, find_details
from bot.settings import ROOT

CASES = [
    json.loads(line)
    for line in (ROOT / "tests/evaluation/details.jsonl").read_text("utf-8").splitlines()
]
ASKABLE = ("full_name", "email", "country", "account")
# A little under the present figures; `pytest -s` prints them.
FLOOR = 0.93


def value(details: Details, field: str) -> Any:
    if field == "account":
        return details.account.as_dict() if details.account else None
    return getattr(details, field)


@pytest.mark.parametrize("field", ASKABLE)
def test_a_field_is_found_where_it_is_and_only_there(field: str) -> None:
    outcomes: dict[str, list[str]] = defaultdict(list)
    for case in CASES:
        asked = case["asks"] if case["asks"] in ASKABLE else None
        if case["asks"] not in (*ASKABLE, None) and field == "account":
            # Lists of accounts are read by another function.
            continue
        found = value(find_details(case["text"], asked), field)
        expected = case["expect"].get(field)
        if found is not None or expected is not None:
            outcomes["right" if found == expected else "wrong"].append(case["text"])
    total = len(outcomes["right"]) + len(outcomes["wrong"])
    share = len(outcomes["right"]) / total
    print(f"{field}: {share:.1%} of {total}", *outcomes["wrong"], sep="\n  ")
    assert total >= 25
    assert share >= FLOOR
