"""Somebody who just got the e-mail asks two questions and objects."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.conversations.conftest import Person

pytestmark = pytest.mark.slow


def test_two_questions_and_an_objection_with_a_linked_and_an_unlinked_account(
    person: Person, rows: Callable[[str], int]
) -> None:
    before = rows("objection")
    assert "Nothing is sent to Meta" in person.says("are my private messages used?")
    assert person.topics[-1] == "faq/data_excluded"
    person.says("when does it start")
    assert person.topics == ["faq/effective_date"]

    person.says("I want to object")
    assert person.asked == "full_name"
    person.says("Ana Silva")
    assert person.asked == "email"
    person.says("ana@example.org")
    person.says("Ireland")
    person.says("https://www.instagram.com/ana.s/?hl=en")
    assert person.asked == "linked_accounts"
    person.says("facebook ana.silva.5")
    person.says("instagram ana_art")
    person.says("no")
    assert person.asked == "objection_confirmed"
    assert "ana_art on Instagram" in person.last[-1].text
    assert rows("objection") == before

    told = person.says("yes")
    references = re.findall(r"OBJ-[0-9A-Z-]+[0-9A-Z*~$=]", told)
    assert len(references) == 2
    assert "content that other people share" in told
    assert rows("objection") == before + 2

    for reference in references:
        assert "received" in person.says(f"what is the status of {reference}?")
