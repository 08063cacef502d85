"""A receipt says what was filed, belongs to its objection, and cannot be changed unnoticed."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select, update

from bot.objections import model
from bot.objections.accounts import Account
from bot.objections.crypto import Keys, Unreadable
from bot.objections.db import Database
from bot.objections.errors import StorageError, UnknownReference
from bot.objections.notice import NOTICE
from bot.objections.receipts import FORMAT, Facts, NotGenuine, Receipt, issue, verify
from bot.objections.references import new_reference
from bot.objections.service import ObjectionService
from bot.objections.signing import Signer, canonical
from tests.unit.objections.examples import ANA, ANA_ON_FACEBOOK, ISSUER, OLD, SHOP, filing

NOW = datetime(2024, 11, 25, 9, 30, 0, 123456, tzinfo=timezone.utc)
KEYS = Keys.parse("k1:" + b64encode(bytes(range(32))).decode())
PUBLIC = (ISSUER.signer.public,)
FACTS = Facts(
    reference="OBJ-0000-0000-0000-0000-0",
    received_at=NOW,
    full_name="Ana Silva 李小龙",
    accounts=(ANA, ANA_ON_FACEBOOK),
    reason_given=True,
    notice=NOTICE,
)
RECEIPT = issue(FACTS, ISSUER)
CONTROLLER = replace(ISSUER, role="controller", operator="Example Ireland", controller="Example")


def problem(data: bytes, keys: Any = PUBLIC) -> str:
    """The code of what is wrong with a file."""
    with pytest.raises(NotGenuine) as caught:
        verify(data, keys)
    assert caught.value.sentence.endswith(".")
    return caught.value.code


def changed(**parts: Any) -> bytes:
    """The file with other values in its outer object."""
    return json.dumps({**json.loads(RECEIPT.file()), **parts}).encode()


# --- what it says


def test_it_says_what_was_filed_and_when() -> None:
    content = RECEIPT.content
    assert content["reference"] == FACTS.reference
    assert content["received_at"] == "2024-11-25T09:30:00Z"
    assert content["person"] == {"full_name": "Ana Silva 李小龙"}
    assert content["accounts"] == [
        {"platform": "instagram", "handle": "ana.s", "basis": "named"},
        {"platform": "facebook", "handle": "ana.silva", "basis": "center"},
    ]
    assert content["notice"] == {
        "title": NOTICE.title, "version": "2024-10-09", "language": "en", "sha256": NOTICE.sha256,
    }


def test_it_says_what_the_objection_does_not_do_and_how_to_take_it_back() -> None:
    assert "other people share publicly may still be used" in " ".join(RECEIPT.content["does_not"])
    assert "binds once it has been registered and handled" in " ".join(RECEIPT.content["does"])
    assert RECEIPT.content["withdrawal"] == (
        "You can take this objection back at any time, without a reason. "
        'Write "I want to take my objection back" in the chat. In a new chat, give its number: a '
        "code is sent to the e-mail address that you filed with."
    )


def test_a_time_elsewhere_is_written_in_utc() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=9)))
    assert issue(replace(FACTS, received_at=there), ISSUER).content == RECEIPT.content


def test_a_demo_says_that_nothing_was_sent_and_a_controller_that_it_has_it() -> None:
    demo, real = RECEIPT.content["service"], issue(FACTS, CONTROLLER).content["service"]
    assert "demo run by A Library" in demo["who"] and "not run by Meta" in demo["who"]
    assert "Nothing was sent to Meta" in demo["where"]
    assert real["who"] == "This receipt comes from Example Ireland."
    assert "Example has it" in real["where"]
    assert "demo" not in str(issue(FACTS, CONTROLLER).content)


def test_a_helper_says_that_it_passes_the_objection_on() -> None:
    helper = replace(ISSUER, role="helper", form_url="https://example.org/form")
    service = issue(FACTS, helper).content["service"]
    assert service["who"] == "This receipt comes from A Library, which is not Meta."
    assert "sent to Meta as a letter in your name" in service["where"]
    assert "https://example.org/form" in service["where"]


def test_a_role_without_words_of_its_own_gets_no_receipt() -> None:
    with pytest.raises(KeyError):
        issue(FACTS, replace(ISSUER, role="stranger"))


def test_addresses_are_passed_on_when_there_are_any() -> None:
    reachable = replace(
        ISSUER,
        contact="privacy@platform.example",
        own_contact="a@example.org",
        form_url="https://example.org/form",
    )
    content = issue(FACTS, reachable).content
    assert content["withdrawal"].endswith(" Or write to a@example.org")
    assert "privacy@platform.example" not in str(content)
    assert content["service"]["where"].endswith("form: https://example.org/form")


def test_it_says_whether_a_reason_was_given() -> None:
    assert RECEIPT.content["reason"].startswith("A reason was given")
    without = issue(replace(FACTS, reason_given=False), ISSUER)
    assert without.content["reason"].startswith("No reason was given")


def test_the_day_by_which_an_answer_is_due_is_there_once_somebody_knows_it() -> None:
    assert "answer_by" not in RECEIPT.content
    due = issue(replace(FACTS, answer_by=date(2024, 12, 27)), ISSUER)
    assert due.content["answer_by"] == "2024-12-27"


# --- what cannot be done to it


def test_a_receipt_is_genuine_as_it_was_made() -> None:
    assert verify(RECEIPT.file(), PUBLIC) == RECEIPT


@pytest.mark.parametrize("indent", [None, 1, 7])
def test_spaces_and_the_order_of_keys_do_not_matter(indent: int | None) -> None:
    parts = json.loads(RECEIPT.file())
    turned = {key: parts[key] for key in reversed(parts)}
    turned["receipt"] = {key: turned["receipt"][key] for key in reversed(turned["receipt"])}
    assert verify(json.dumps(turned, indent=indent).encode("utf-8-sig"), PUBLIC) == RECEIPT


WRITTEN = canonical(RECEIPT.content)


@given(st.integers(0, len(WRITTEN) - 1), st.integers(0, 255))
def test_no_byte_of_the_signed_object_can_be_changed(place: int, byte: int) -> None:
    other = WRITTEN[:place] + bytes([byte]) + WRITTEN[place + 1 :]
    parts = b'{"key":"%s","receipt":%s,"signature":"%s"}'
    data = parts % (RECEIPT.key_id.encode(), other, RECEIPT.signature.encode())
    if other == WRITTEN:
        assert verify(data, PUBLIC) == RECEIPT
    else:
        assert problem(data) in ("changed", "unreadable")


@given(st.integers(0, len(RECEIPT.file()) - 1), st.integers(0, 255))
def test_a_changed_byte_of_the_file_changes_nothing_that_is_shown_or_is_noticed(
    place: int, byte: int
) -> None:
    file = RECEIPT.file()
    try:
        assert verify(file[:place] + bytes([byte]) + file[place + 1 :], PUBLIC) == RECEIPT
    except NotGenuine as error:
        assert error.code in ("changed", "unreadable", "unknown_key")


@pytest.mark.parametrize(
    "change",
    [
        {"reference": "OBJ-0000-0000-0000-0001-1"},
        {"received_at": "2024-11-24T09:30:00Z"},
        {"person": {"full_name": "Ana Silvo 李小龙"}},
        {"accounts": []},
        {"new": "nothing"},
        {"does_not": ["Nothing."]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_or_added_fact_is_noticed(change: dict[str, Any]) -> None:
    assert problem(changed(receipt={**RECEIPT.content, **change})) == "changed"


def test_a_fact_that_was_taken_out_is_noticed() -> None:
    for key in RECEIPT.content:
        left = {name: value for name, value in RECEIPT.content.items() if name != key}
        assert problem(changed(receipt=left)) == "changed"


def test_a_receipt_under_another_key_is_told_apart_from_a_changed_one() -> None:
    other = replace(ISSUER, signer=Signer(bytes(32)))
    forged = issue(FACTS, other)
    assert problem(forged.file()) == "unknown_key"
    # With our key's name on it, it is a forgery.
    assert problem(Receipt(forged.content, RECEIPT.key_id, forged.signature).file()) == "changed"
    assert problem(RECEIPT.file(), ()) == "unknown_key"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xfe{", b"null", b"[]", b'"x"', b"{}", b"%PDF-1.4 nothing", b"[" * 100_000,
        b'{"key": 1, "receipt": {}, "signature": ""}',
        changed(receipt=[]), changed(receipt=None), changed(signature=None), changed(extra="x"),
        changed(receipt={"format": 1.5}), changed(receipt={"format": "\ud800"}),
        b'{"key":"a",' + RECEIPT.file().lstrip(b"{ \n"),
        b" " * 3_000_000,
    ],
    ids=range(17),
)
def test_what_is_no_receipt_is_unreadable(data: bytes) -> None:
    assert problem(data) == "unreadable"


def test_something_else_that_we_signed_is_no_receipt() -> None:
    content = {"format": "another thing"}
    signature = ISSUER.signer.sign(canonical(content))
    other = Receipt(content, RECEIPT.key_id, signature)
    assert problem(other.file()) == "unreadable"
    assert RECEIPT.content["format"] == FORMAT


def test_a_receipt_shows_nothing_personal_in_its_repr() -> None:
    shown = repr(RECEIPT) + repr(FACTS) + repr(ISSUER)
    assert not [word for word in ("Silva", "ana.s", "李") if word in shown]


# --- on record


@pytest.fixture
def service(database: Database) -> ObjectionService:
    return ObjectionService(database, KEYS, ISSUER, clock=lambda: NOW)


def rows(database: Database, table: str) -> list[Any]:
    with database.session(read_only=True) as session:
        return session.execute(select(model.metadata.tables[table])).all()


def test_every_objection_of_a_filing_has_a_receipt_of_its_own(
    service: ObjectionService, database: Database
) -> None:
    filed = service.file(filing(linked_accounts=(OLD,), unlinked_accounts=(SHOP,), reason=None))
    for objection in filed.objections:
        receipt = verify(service.receipt(objection.reference).file(), PUBLIC)
        handles = [account["handle"] for account in receipt.content["accounts"]]
        assert receipt.content["reference"] == objection.reference
        assert receipt.content["person"] == {"full_name": "Ana Silva"}
        assert receipt.content["reason"].startswith("No reason")
        assert handles == [account.handle for account in objection.accounts]
    assert len(rows(database, "receipt")) == 2


def test_filing_again_gives_the_same_receipt_byte_for_byte(
    service: ObjectionService, database: Database
) -> None:
    first = service.file(filing()).objections[0].reference
    before = service.receipt(first).file()
    # A later day, another key, other words about who runs it: a receipt that was given stays.
    later = ObjectionService(
        database, KEYS, replace(CONTROLLER, signer=Signer(bytes(32))),
        clock=lambda: NOW + timedelta(days=9),
    )
    assert later.file(filing(full_name="Anna Silva")).objections[0].reference == first
    assert later.receipt(first).file() == before


def test_the_reason_and_the_address_are_not_in_the_receipt(service: ObjectionService) -> None:
    reference = service.file(filing()).objections[0].reference
    file = service.receipt(reference).file().decode()
    assert "children" not in file and "ana@example.org" not in file


def test_nothing_of_a_receipt_is_in_clear_in_the_database(
    service: ObjectionService, database: Database
) -> None:
    name, account = "Wilhelmina Quartzberg", Account("instagram", "quartz.marigold")
    reference = service.file(filing(full_name=name, account=account)).objections[0].reference
    (row,) = rows(database, "receipt")
    kept = bytes(row.content) + repr(row).encode()
    for word in ("Wilhelmina", "Quartzberg", "quartz", "marigold", reference, "Accounts Center"):
        assert word.encode() not in kept


def test_a_receipt_does_not_open_as_that_of_another_objection(
    service: ObjectionService, database: Database
) -> None:
    references = [o.reference for o in service.file(filing(unlinked_accounts=(SHOP,))).objections]
    one, other = rows(database, "receipt")
    with pytest.raises(Unreadable):
        KEYS.open(bytes(one.content), table="receipt", row_id=other.id, column="content")
    with database.session() as session:
        session.execute(
            update(model.receipt).where(model.receipt.c.id == other.id).values(content=one.content)
        )
    refused = 0
    for reference in references:
        try:
            assert service.receipt(reference).content["reference"] == reference
        except StorageError:
            refused += 1
    assert refused == 1


@pytest.mark.parametrize("broken", ["receipt", "commit"])
def test_there_is_no_objection_without_its_receipt_and_no_receipt_without_its_objection(
    service: ObjectionService, database: Database, broken: str
) -> None:
    driver = database.engine.dialect.dbapi  # type: ignore[attr-defined]
    happened: list[str] = []

    def fail(*arguments: Any, **named: Any) -> None:
        if broken == "commit" or str(arguments[2]).startswith("INSERT INTO receipt "):
            happened.append(broken)
            raise driver.OperationalError("the disk is gone")

    moment = "commit" if broken == "commit" else "before_cursor_execute"
    event.listen(database.engine, moment, fail)
    with pytest.raises(StorageError):
        service.file(filing())
    event.remove(database.engine, moment, fail)
    assert happened
    assert rows(database, "objection") == rows(database, "receipt") == []


def test_a_signer_that_fails_leaves_nothing(database: Database) -> None:
    service = ObjectionService(database, KEYS, replace(ISSUER, role="nobody"))
    with pytest.raises(KeyError):
        service.file(filing())
    assert rows(database, "objection") == []


def test_a_number_without_a_receipt_is_unknown_like_one_without_an_objection(
    service: ObjectionService, database: Database
) -> None:
    reference = service.file(filing()).objections[0].reference
    with database.session() as session:
        # What erasing does: a receipt has a name in it.
        session.execute(update(model.receipt).values(content=None))
    for unknown in (reference, new_reference(), "", "OBJ"):
        with pytest.raises(UnknownReference):
            service.receipt(unknown)


@pytest.mark.parametrize(("role", "day"), [("controller", "2024-12-27"), ("demo", None)])
def test_only_who_answers_names_the_day_of_the_answer(
    sqlite_database: Database, role: str, day: str | None
) -> None:
    issuer = replace(ISSUER, role=role)
    service = ObjectionService(sqlite_database, KEYS, issuer, clock=lambda: NOW)
    (filed,) = service.file(filing(unlinked_accounts=(), country="IE")).objections
    assert service.receipt(filed.reference).content.get("answer_by") == day
