"""How a text is read before it is encoded."""

from __future__ import annotations

import pytest

from bot.nlu.featurizer import as_read
from bot.nlu.spelling import Speller

SPELLER = Speller({"objection": 9, "state": 9}, ("take", "back", "the", "of", "my"))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("take back OBJ-7K3M-9QXW-2B4T-VE8H-C", "take back my objection"),
        ("the state of obj 7k3m 9qxw 2b4t ve8h c", "the state of my objection"),
        ("the objektion OBJ-7K3M", "the objection OBJ-7K3M"),
    ],
)
def test_a_number_is_read_as_what_it_stands_for(text: str, read: str) -> None:
    assert as_read(text, SPELLER) == read
