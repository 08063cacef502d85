"""The replies of `tests/evaluation/details.jsonl`, written without looking at the code."""

from __future__ import annotations

import pytest

from bot.evaluation import DETAILS, details
from bot.settings import ROOT

# A little under the present figures; `make evaluate` prints them.
FLOOR = 0.95


@pytest.mark.parametrize("field", DETAILS)
def test_a_field_is_found_where_it_is_and_only_there(field: str) -> None:
    n, wrong = details(ROOT / "tests/evaluation/details.jsonl")[field]
    print(f"{field}: {1 - len(wrong) / n:.1%} of {n}", *wrong, sep="\n  ")
    assert n >= 25
    assert 1 - len(wrong) / n >= FLOOR
