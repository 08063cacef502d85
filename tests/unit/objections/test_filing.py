from __future__ import annotations

from typing import Any

import pytest

from bot.objections.accounts import Account
from bot.objections.errors import FieldError
from bot.objections.filing import check
from tests.unit.objections.examples import ANA, ANA_ON_FACEBOOK, OLD, SHOP, filing


class Odd:
    """Something of another type, whose name is the same in every process."""

    def __repr__(self) -> str:
        return "odd"


JUNK: list[Any] = [None, 7, {}, b"ana", ["x"], Odd()]


@pytest.mark.parametrize("junk", JUNK, ids=repr)
@pytest.mark.parametrize("name", ["full_name", "email", "account", "idempotency_key"])
def test_a_value_of_another_type_is_a_field_error(name: str, junk: Any) -> None:
    with pytest.raises(FieldError) as caught:
        check(filing(**{name: junk}))
    assert caught.value.field == name


@pytest.mark.parametrize("junk", JUNK[1:], ids=repr)
@pytest.mark.parametrize("name", ["country", "reason"])
def test_a_value_that_may_be_left_out_is_still_text_when_it_is_given(name: str, junk: Any) -> None:
    with pytest.raises(FieldError) as caught:
        check(filing(**{name: junk}))
    assert caught.value.field == name


@pytest.mark.parametrize("name", ["linked_accounts", "unlinked_accounts"])
@pytest.mark.parametrize(
    "junk",
    [
        *JUNK,
        "ana.s",
        ("ana.s",),
        (ANA, None),
        (ANA,) * 21,
        (Account("instagram", "not a handle"),),
        (Account("myspace", "ana"),),  # type: ignore[arg-type]
        (Account("instagram", 7),),  # type: ignore[arg-type]
    ],
    ids=str,
)
def test_a_list_of_accounts_holds_accounts(name: str, junk: Any) -> None:
    with pytest.raises(FieldError) as caught:
        check(filing(**{name: junk}))
    assert caught.value.field == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("full_name", "https://example.org"),
        ("full_name", ""),
        ("email", "ana at home"),
        ("country", "Atlantis"),
        ("reason", "x" * 2001),
        ("account", Account("instagram", "a b")),
        ("account", Account("myspace", "ana")),  # type: ignore[arg-type]
        ("idempotency_key", ""),
        ("idempotency_key", "k" * 201),
        ("idempotency_key", "a\x00b"),
        ("idempotency_key", "key\n"),
        ("channel", "letter"),
        ("channel", None),
        ("channel", ["chat"]),
        ("language", "English"),
        ("language", "en\n"),
        ("language", None),
    ],
)
def test_every_value_is_checked_again_before_it_is_recorded(name: str, value: Any) -> None:
    with pytest.raises(FieldError) as caught:
        check(filing(**{name: value}))
    assert caught.value.field == name
    assert caught.value.sentence.endswith((".", "?"))


@pytest.mark.parametrize("junk", [None, 7, {"full_name": "Ana Silva"}, "Ana Silva"], ids=repr)
def test_what_is_not_a_filing_is_a_field_error(junk: Any) -> None:
    with pytest.raises(FieldError):
        check(junk)


def test_values_are_normalised() -> None:
    shouted = Account("instagram", "@ANA.S")
    checked = check(
        filing(account=shouted, email="Ana@EXAMPLE.org", country="Portugal", reason="-")
    )
    assert checked.centers == ((ANA,),)
    assert (checked.email, checked.country, checked.reason) == ("Ana@example.org", "PT", None)


def test_each_account_is_in_one_objection_and_linked_wins() -> None:
    checked = check(
        filing(
            linked_accounts=(ANA_ON_FACEBOOK, ANA), unlinked_accounts=(SHOP, ANA_ON_FACEBOOK, OLD)
        )
    )
    assert checked.centers == ((ANA, ANA_ON_FACEBOOK), (SHOP,), (OLD,))


def test_neither_a_filing_nor_a_checked_one_shows_what_was_typed() -> None:
    for shown in (repr(filing()), repr(check(filing()))):
        assert not any(value in shown for value in ("Silva", "ana", "PT", "children", "key-1"))
