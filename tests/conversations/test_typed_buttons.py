"""People type what stands on a button, or say yes to the only one."""

from __future__ import annotations

import pytest

from tests.conversations.conftest import Person

pytestmark = pytest.mark.slow


def test_a_typed_title_is_its_button(person: Person) -> None:
    person.says("are my private messages used?")
    person.says("what may be used?")
    assert person.topics == ["faq/data_used"]


def test_a_yes_to_the_only_button_presses_it(person: Person) -> None:
    person.says("how do I object")
    assert len(person.offered) == 1
    person.says("ok do it")
    assert person.asked == "full_name"


def test_signs_alone_press_nothing(person: Person) -> None:
    person.says("how do I object")
    assert len(person.offered) == 1
    person.says("...")
    assert person.asked is None


def test_a_yes_among_several_buttons_presses_none(person: Person) -> None:
    person.says("hello")
    assert len(person.offered) > 1
    person.says("yes")
    assert person.topics == ["affirm"]


def test_whoever_has_no_number_is_let_go(person: Person) -> None:
    person.says("what is the state of my objection")
    assert person.asked == "reference"
    assert "Without its number" in person.says("i lost it")
    assert person.asked is None
    person.says("when does it start")
    assert person.topics == ["faq/effective_date"]


def test_two_accounts_in_one_line_are_both_filed(person: Person) -> None:
    person.says("I'm Ana Silva, ana@example.org, instagram ana.two and facebook ana.silva.two")
    person.says("skip")
    assert "ana.silva.two on Facebook" in person.last[-1].text
    assert person.asked == "linked_accounts"
    person.says("no")
    person.says("no reason")
    assert "Not linked, so filed on their own: ana.silva.two on Facebook" in person.last[-1].text
    assert "2 objections are recorded" in person.says("yes")
