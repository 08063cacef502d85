"""What is filed is on record, once, whole and unreadable to whoever finds the file."""

from __future__ import annotations

import dataclasses
import json
import re
import sqlite3
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, text, update

from bot.objections import audit, model
from bot.objections.accounts import Account
from bot.objections.crypto import Keys, Unreadable
from bot.objections.db import Database
from bot.objections.errors import FieldError, StorageError, UnknownReference
from bot.objections.filing import Filing
from bot.objections.notice import NOTICE, NoticeChanged
from bot.objections.references import new_reference, parse_reference
from bot.objections.service import ObjectionService
from tests.unit.objections.examples import ANA, ANA_ON_FACEBOOK, ISSUER, OLD, SHOP, filing

NOW = datetime(2024, 11, 25, 9, 30, 0, 123456, tzinfo=timezone.utc)
KEY_1 = "k1:" + b64encode(bytes(range(32))).decode()
KEY_2 = "k2:" + b64encode(bytes(range(50, 82))).decode()
KEYS = Keys.parse(KEY_1)


@pytest.fixture
def service(database: Database) -> ObjectionService:
    return ObjectionService(database, KEYS, ISSUER, clock=lambda: NOW)


def count(database: Database, table: str) -> int:
    with database.session(read_only=True) as session:
        rows = session.execute(select(func.count()).select_from(model.metadata.tables[table]))
        return int(rows.scalar_one())


def counts(database: Database) -> dict[str, int]:
    return {table: count(database, table) for table in model.metadata.tables}


def rows(database: Database, table: str) -> list[Any]:
    with database.session(read_only=True) as session:
        return session.execute(select(model.metadata.tables[table])).all()


# --- what one filing becomes


def test_the_named_account_and_those_linked_with_it_are_one_objection(
    service: ObjectionService, database: Database
) -> None:
    filed = service.file(filing(linked_accounts=(ANA_ON_FACEBOOK, OLD)))
    (objection,) = filed.objections
    assert objection.accounts == (ANA, ANA_ON_FACEBOOK, OLD)
    assert objection.reference == parse_reference(objection.reference)
    covered = sorted(rows(database, "objection_account"), key=lambda row: row.position)
    assert [row.basis for row in covered] == ["named", "center", "center"]
    assert {row.exclusion_state for row in covered} == {"hold"}
    (row,) = rows(database, "objection")
    assert row.case_status == "received"
    assert row.received_at == filed.received_at == NOW


def test_each_unlinked_account_is_an_objection_of_its_own_in_the_same_batch(
    service: ObjectionService, database: Database
) -> None:
    filed = service.file(filing(linked_accounts=(ANA_ON_FACEBOOK,), unlinked_accounts=(SHOP, OLD)))
    assert [objection.accounts for objection in filed.objections] == [
        (ANA, ANA_ON_FACEBOOK),
        (SHOP,),
        (OLD,),
    ]
    assert len({objection.reference for objection in filed.objections}) == 3
    stored = sorted(rows(database, "objection"), key=lambda row: row.batch_position)
    assert [row.reference for row in stored] == [o.reference for o in filed.objections]
    assert {row.batch_id for row in stored} == {filed.batch_id}
    assert {row.case_status for row in stored} == {"received"}
    assert len({row.contact_id for row in stored}) == 1
    assert len({row.account_center_id for row in stored}) == 3


def test_references_follow_the_order_in_which_the_accounts_were_named(
    database: Database,
) -> None:
    numbers = [new_reference() for _ in range(4)]
    handed_out = iter(numbers)
    service = ObjectionService(database, KEYS, ISSUER, new_reference=lambda: next(handed_out))
    unlinked = (SHOP, ANA_ON_FACEBOOK, OLD)
    first = service.file(filing(unlinked_accounts=unlinked))
    again = service.file(filing(unlinked_accounts=unlinked))
    for filed in (first, again):
        assert [objection.reference for objection in filed.objections] == numbers
        assert [objection.accounts for objection in filed.objections] == [
            (ANA,),
            (SHOP,),
            (ANA_ON_FACEBOOK,),
            (OLD,),
        ]


def test_an_account_named_twice_is_covered_once_and_linked_wins(
    service: ObjectionService, database: Database
) -> None:
    filed = service.file(
        filing(
            linked_accounts=(ANA_ON_FACEBOOK, ANA, Account("facebook", "anasilva")),
            unlinked_accounts=(ANA_ON_FACEBOOK, SHOP, ANA, SHOP),
        )
    )
    assert [objection.accounts for objection in filed.objections] == [
        (ANA, ANA_ON_FACEBOOK),
        (SHOP,),
    ]
    assert count(database, "objection_account") == 3


def test_the_same_handle_on_two_platforms_is_two_accounts(
    service: ObjectionService, database: Database
) -> None:
    twin = Account("facebook", "ana.s")
    filed = service.file(filing(unlinked_accounts=(twin,)))
    assert [objection.accounts for objection in filed.objections] == [(ANA,), (twin,)]
    assert count(database, "account") == 2


def test_accounts_are_linked_as_the_person_says_and_only_to_their_own_center(
    service: ObjectionService, database: Database
) -> None:
    service.file(filing(linked_accounts=(OLD,), unlinked_accounts=(SHOP,)))
    links = rows(database, "center_link")
    by_center: dict[str, int] = {}
    for link in links:
        by_center[link.account_center_id] = by_center.get(link.account_center_id, 0) + 1
    assert sorted(by_center.values()) == [1, 2]
    assert {(link.source, link.linked_to) for link in links} == {("self-declared", None)}


def test_the_record_says_which_notice_text_it_stands_on(
    service: ObjectionService, database: Database
) -> None:
    service.file(filing())
    service.file(filing(idempotency_key="key-2"))
    (notice,) = rows(database, "notice")
    assert (notice.version, notice.language) == ("2024-10-09", "en")
    assert (notice.text, notice.sha256) == (NOTICE.text, NOTICE.sha256)
    assert {row.notice_id for row in rows(database, "objection")} == {notice.id}


def test_a_notice_whose_text_changed_under_its_version_stops_filing(
    service: ObjectionService, database: Database
) -> None:
    service.file(filing())
    before = counts(database)
    changed = dataclasses.replace(NOTICE, text="Other words.", sha256="0" * 64)
    changed_service = ObjectionService(database, KEYS, ISSUER, notice=changed)
    with pytest.raises(NoticeChanged) as caught:
        changed_service.file(filing(idempotency_key="key-2"))
    assert isinstance(caught.value, StorageError)
    assert counts(database) == before


def test_country_and_reason_may_be_left_out_and_stay_out(
    service: ObjectionService, database: Database
) -> None:
    service.file(filing(country=None, reason=None))
    service.file(filing(reason="no", idempotency_key="key-2"))
    stored = rows(database, "objection")
    assert [row.reason for row in stored] == [None, None]
    assert {row.country for row in stored} == {None, "PT"}


@pytest.mark.parametrize(
    "name", ["Zoë Ní Bhriain", "李小龍", "Владимир Ёлкин", "محمد عبد الله", "Nguyễn Thị Ánh"]
)
def test_names_in_every_script_are_kept_as_they_are(
    service: ObjectionService, database: Database, name: str
) -> None:
    reason = f"{name} says no 🙅‍♀️\nand means it; DROP TABLE objection"
    service.file(filing(full_name=name, reason=reason))
    (contact,), (objection,) = rows(database, "contact"), rows(database, "objection")
    subject = KEYS.subject(contact.wrapped_key, contact.id)
    place = {"table": "contact", "row_id": contact.id, "column": "full_name"}
    assert subject.open(contact.full_name, **place) == name
    place = {"table": "objection", "row_id": objection.id, "column": "reason"}
    assert subject.open(objection.reason, **place) == reason


def test_nul_and_lone_surrogates_do_not_reach_the_database(
    service: ObjectionService, database: Database
) -> None:
    service.file(filing(full_name="Ana\x00 Silva\ud800", reason="No\x00pe\udfff, thanks"))
    (contact,), (objection,) = rows(database, "contact"), rows(database, "objection")
    subject = KEYS.subject(contact.wrapped_key, contact.id)
    place = {"table": "contact", "row_id": contact.id, "column": "full_name"}
    assert subject.open(contact.full_name, **place) == "Ana Silva"
    place = {"table": "objection", "row_id": objection.id, "column": "reason"}
    assert subject.open(objection.reason, **place) == "Nope, thanks"


# --- filing twice


def test_filing_again_with_the_same_key_repeats_the_first_answer(
    service: ObjectionService, database: Database
) -> None:
    first = service.file(filing(linked_accounts=(OLD,), unlinked_accounts=(SHOP,)))
    before = counts(database)
    again = service.file(filing(linked_accounts=(OLD,), unlinked_accounts=(SHOP,)))
    assert not first.again
    assert again == dataclasses.replace(first, again=True)
    assert counts(database) == before


def test_the_first_answer_counts_even_when_the_second_filing_says_something_else(
    service: ObjectionService,
) -> None:
    first = service.file(filing())
    again = service.file(filing(account=SHOP, email="ana@example.com"))
    assert again == dataclasses.replace(first, again=True)


def test_an_answer_repeats_this_persons_spelling_and_not_an_earlier_persons(
    service: ObjectionService, database: Database
) -> None:
    service.file(filing(account=Account("facebook", "anasilva"), idempotency_key="other"))
    first = service.file(filing(account=ANA_ON_FACEBOOK))
    again = service.file(filing(account=ANA_ON_FACEBOOK))
    assert first.objections[0].accounts == again.objections[0].accounts == (ANA_ON_FACEBOOK,)
    assert count(database, "account") == 1


def test_eight_threads_with_one_key_file_once(database: Database) -> None:
    service = ObjectionService(database, KEYS, ISSUER)
    together = threading.Barrier(8, timeout=60)

    def file(_: int) -> Any:
        together.wait()
        return service.file(filing(linked_accounts=(OLD,), unlinked_accounts=(SHOP,)))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(file, range(8)))
    assert sorted(answer.again for answer in answers) == [False] + [True] * 7
    assert len({dataclasses.replace(answer, again=False) for answer in answers}) == 1
    assert count(database, "objection") == 2
    assert count(database, "contact") == 1
    assert count(database, "objection_account") == 3


def test_eight_people_who_name_the_same_accounts_at_once_all_file(database: Database) -> None:
    # In another order each, which would be a deadlock if accounts were written as they are named.
    service = ObjectionService(database, KEYS, ISSUER)
    service.file(filing(account=OLD))
    together = threading.Barrier(8, timeout=60)

    def file(number: int) -> list[bool]:
        again = []
        for turn in range(4):
            accounts = [Account("facebook", f"silva.flowers.{turn}{letter}") for letter in "abcdef"]
            named, *others = accounts if number % 2 else accounts[::-1]
            together.wait()
            one = filing(
                account=named, unlinked_accounts=tuple(others), idempotency_key=f"{turn}-{number}"
            )
            again.append(service.file(one).again)
        return again

    with ThreadPoolExecutor(8) as pool:
        answers = [again for one in pool.map(file, range(8)) for again in one]
    assert answers == [False] * 32
    assert count(database, "objection") == 1 + 32 * 6
    assert count(database, "account") == 1 + 4 * 6


def test_somebody_else_cannot_block_an_objection_for_an_account(
    service: ObjectionService, database: Database
) -> None:
    stranger = service.file(
        filing(full_name="Mal Lory", email="mal@example.net", idempotency_key="key-2")
    )
    owner = service.file(filing())
    assert not owner.again
    assert owner.batch_id != stranger.batch_id
    assert service.status(owner.objections[0].reference).case_status == "received"
    assert count(database, "account") == 1
    assert count(database, "contact") == 2


def test_a_reference_that_is_taken_is_drawn_again(database: Database) -> None:
    taken, fresh = new_reference(), new_reference()
    draws = iter([taken, taken, fresh])
    service = ObjectionService(database, KEYS, ISSUER, new_reference=lambda: next(draws))
    service.file(filing())
    second = service.file(filing(idempotency_key="key-2"))
    assert [objection.reference for objection in second.objections] == [fresh]
    assert count(database, "objection") == 2


def test_references_that_are_all_taken_end_as_a_storage_error(database: Database) -> None:
    taken = new_reference()
    service = ObjectionService(database, KEYS, ISSUER, new_reference=lambda: taken)
    service.file(filing())
    before = counts(database)
    with pytest.raises(StorageError):
        service.file(filing(idempotency_key="key-2"))
    assert counts(database) == before


# --- nothing by halves


@pytest.mark.parametrize(
    "table",
    "notice account contact account_center center_link objection objection_account receipt "
    "audit_event".split(),
)
def test_a_database_that_breaks_in_the_middle_keeps_nothing(
    service: ObjectionService, database: Database, table: str
) -> None:
    broken_at: list[str] = []

    def break_down(
        connection: object, cursor: object, statement: str, *rest: object, **named: object
    ) -> None:
        if statement.startswith(f"INSERT INTO {table} "):
            broken_at.append(table)
            raise driver_error(database)

    event.listen(database.engine, "before_cursor_execute", break_down)
    with pytest.raises(StorageError):
        service.file(filing(unlinked_accounts=(SHOP,)))
    assert broken_at
    event.remove(database.engine, "before_cursor_execute", break_down)
    assert set(counts(database).values()) == {0}
    assert not service.file(filing(unlinked_accounts=(SHOP,))).again


def test_a_commit_that_fails_leaves_nothing(service: ObjectionService, database: Database) -> None:
    def fail(connection: object) -> None:
        raise driver_error(database)

    event.listen(database.engine, "commit", fail)
    with pytest.raises(StorageError):
        service.file(filing())
    event.remove(database.engine, "commit", fail)
    assert set(counts(database).values()) == {0}


def test_a_connection_lost_after_the_commit_still_gives_the_answer(
    service: ObjectionService, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = database.engine.dialect.do_commit
    lost: list[bool] = []

    def commit_and_lose(connection: Any) -> None:
        commit(connection)
        if not lost:
            lost.append(True)
            raise driver_error(database)

    monkeypatch.setattr(database.engine.dialect, "do_commit", commit_and_lose)
    filed = service.file(filing(unlinked_accounts=(SHOP,)))
    assert lost
    assert not filed.again
    assert [objection.accounts for objection in filed.objections] == [(ANA,), (SHOP,)]
    assert count(database, "objection") == 2


def test_a_database_without_tables_is_a_storage_error(tmp_path: Path) -> None:
    service = ObjectionService(Database(f"sqlite:///{tmp_path / 'empty.db'}"), KEYS, ISSUER)
    with pytest.raises(StorageError):
        service.file(filing())
    with pytest.raises(StorageError):
        service.status(new_reference())


def driver_error(database: Database) -> Exception:
    driver = database.engine.dialect.dbapi  # type: ignore[attr-defined]
    error: Exception = driver.OperationalError("the disk is gone")
    return error


# --- every objection in the audit log


def test_every_objection_has_one_event_with_nothing_personal_in_it(
    service: ObjectionService, database: Database
) -> None:
    filed = service.file(filing(linked_accounts=(ANA_ON_FACEBOOK,), unlinked_accounts=(SHOP, OLD)))
    objections = sorted(rows(database, "objection"), key=lambda row: row.batch_position)
    events = sorted(rows(database, "audit_event"), key=lambda row: row.number)
    assert [event.number for event in events] == [1, 2, 3]
    assert [event.objection_id for event in events] == [row.id for row in objections]
    assert {(event.at, event.actor, event.action) for event in events} == {
        ("2024-11-25T09:30:00.123456Z", "person", "objection_filed")
    }
    notice = {"notice_version": NOTICE.version, "notice_sha256": NOTICE.sha256}
    assert [json.loads(event.payload) for event in events] == [
        {"accounts": accounts, "batch_id": filed.batch_id, "position": position, **notice}
        for position, accounts in enumerate([2, 1, 1])
    ]
    assert audit.verify(database) == audit.Verified(audit.Link(3, events[-1].hash))


def test_filing_twice_is_one_event(service: ObjectionService, database: Database) -> None:
    service.file(filing())
    assert service.file(filing()).again
    assert count(database, "audit_event") == 1


def test_people_who_file_at_once_are_all_in_one_chain(database: Database) -> None:
    service = ObjectionService(database, KEYS, ISSUER)
    together = threading.Barrier(8, timeout=60)

    def file(number: int) -> None:
        together.wait()
        for turn in range(4):
            # Two people with each key: half of the filings only repeat an answer.
            key = f"{number // 2}-{turn}"
            service.file(filing(unlinked_accounts=(SHOP,), idempotency_key=key))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(file, range(8)))
    objections = {row.id for row in rows(database, "objection")}
    events = rows(database, "audit_event")
    assert len(events) == len(objections) == 4 * 4 * 2
    assert {event.objection_id for event in events} == objections
    assert isinstance(audit.verify(database), audit.Verified)


def test_a_broken_log_stops_nobody_from_objecting(sqlite_database: Database) -> None:
    service = ObjectionService(sqlite_database, KEYS, ISSUER)
    service.file(filing())
    with sqlite_database.session() as session:
        session.execute(text("DROP TRIGGER audit_event_no_update"))
        session.execute(update(model.audit_event).values(actor="system"))
    assert not service.file(filing(idempotency_key="key-2")).again
    assert audit.verify(sqlite_database) == audit.Broken(1, "changed")


# --- trusting nothing


@pytest.mark.parametrize(
    "changes",
    [
        {"full_name": None},
        {"email": "ana at home"},
        {"country": "Atlantis"},
        {"reason": "x" * 2001},
        {"account": Account("instagram", "a b")},
        {"unlinked_accounts": (ANA, None)},
        {"idempotency_key": ""},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_filing_with_a_value_that_is_not_valid_leaves_nothing(
    sqlite_database: Database, changes: dict[str, Any]
) -> None:
    with pytest.raises(FieldError):
        ObjectionService(sqlite_database, KEYS, ISSUER).file(filing(**changes))
    assert set(counts(sqlite_database).values()) == {0}


def test_values_are_normalised_before_they_are_recorded(
    service: ObjectionService, database: Database
) -> None:
    shouted = Account("instagram", "@ANA.S")
    filed = service.file(filing(account=shouted, email="Ana@EXAMPLE.org", country="Portugal"))
    assert filed.objections[0].accounts == (ANA,)
    (contact,), (objection,) = rows(database, "contact"), rows(database, "objection")
    assert contact.email_index == KEYS.index("contact.email", "Ana@example.org").digest
    assert objection.country == "PT"


# --- asking how it stands


def test_the_status_of_an_objection_is_found_however_its_number_is_typed(
    service: ObjectionService,
) -> None:
    filed = service.file(filing(linked_accounts=(OLD,), unlinked_accounts=(SHOP,)))
    first, second = (objection.reference for objection in filed.objections)
    status = service.status(f" {first.lower().replace('-', ' ')} ")
    assert (status.reference, status.case_status) == (first, "received")
    assert (status.received_at, status.account_count) == (NOW, 2)
    assert service.status(second).account_count == 1


def test_a_number_without_an_objection_is_unknown(service: ObjectionService) -> None:
    service.file(filing())
    with pytest.raises(UnknownReference):
        service.status(new_reference())


@pytest.mark.parametrize("typed", ["", "OBJ-1", "OBJ-0000-0000-0000-0000-1", None, 7, {}], ids=repr)
def test_a_mistyped_number_is_a_field_error(service: ObjectionService, typed: Any) -> None:
    with pytest.raises(FieldError) as caught:
        service.status(typed)
    assert caught.value.field == "reference"


# --- nothing personal in the open


SECRETS = {
    "full_name": "Wilhelmina Quartzberg",
    "email": "wilhelmina@quartzberg.example",
    "reason": "Xylophone virtuosos abstain.",
}
SECRET_ACCOUNTS = [
    Account("instagram", "quartz.berg_zinnia"),
    Account("facebook", "quartzberg.marigold"),
    Account("instagram", "quartz_foxglove"),
]


def secret_filing() -> Filing:
    named, linked, unlinked = SECRET_ACCOUNTS
    return filing(
        **SECRETS, account=named, linked_accounts=(linked,), unlinked_accounts=(unlinked,)
    )


def test_the_file_on_disk_contains_nothing_that_was_typed(
    sqlite_database: Database, tmp_path: Path
) -> None:
    service = ObjectionService(sqlite_database, KEYS, ISSUER)
    reference = service.file(secret_filing()).objections[0].reference
    with sqlite3.connect(tmp_path / "only.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    dump = b"".join(path.read_bytes() for path in tmp_path.glob("only.db*"))
    assert reference.encode() in dump
    typed = [*SECRETS.values(), *(account.handle for account in SECRET_ACCOUNTS)]
    words = {word for value in typed for word in re.findall(r"[A-Za-z]{6,}", value)}
    assert "quartzberg" in words
    for word in words:
        for spelled in (word, word.lower(), word.upper()):
            assert spelled.encode() not in dump
            assert spelled.encode("utf-16-le") not in dump


def test_no_repr_and_no_log_shows_what_was_typed(
    database: Database, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    service = ObjectionService(database, KEYS, ISSUER)
    filed = service.file(secret_filing())
    shown = [
        repr(secret_filing()),
        repr(filed),
        repr(service.status(filed.objections[0].reference)),
    ]
    shown += [caplog.text, *capsys.readouterr()]
    for value in [*SECRETS.values(), *(account.handle for account in SECRET_ACCOUNTS)]:
        assert value not in "".join(shown)


def test_a_ciphertext_moved_to_another_persons_row_does_not_open(
    service: ObjectionService, database: Database
) -> None:
    service.file(filing())
    service.file(filing(full_name="Mal Lory", email="mal@example.net", idempotency_key="key-2"))
    one, other = rows(database, "contact")
    with pytest.raises(Unreadable):
        KEYS.open(one.email, table="contact", row_id=other.id, column="email")
    with pytest.raises(Unreadable):
        KEYS.open(one.email, table="contact", row_id=one.id, column="full_name")


def test_an_answer_with_a_swapped_handle_is_refused_and_not_shown(
    service: ObjectionService, database: Database
) -> None:
    service.file(filing(linked_accounts=(OLD,)))
    covered = model.objection_account
    with database.session() as session:
        sealed = session.execute(select(covered.c.handle).where(covered.c.position == 0)).scalar()
        session.execute(update(covered).where(covered.c.position == 1).values(handle=sealed))
    with pytest.raises(StorageError):
        service.file(filing(linked_accounts=(OLD,)))


def test_an_erased_handle_is_not_named_again(service: ObjectionService, database: Database) -> None:
    service.file(filing(linked_accounts=(OLD,)))
    covered = model.objection_account
    with database.session() as session:
        session.execute(update(covered).where(covered.c.position == 1).values(handle=None))
    assert service.file(filing()).objections[0].accounts == (ANA,)


def test_erasing_a_contact_leaves_the_objection(
    service: ObjectionService, database: Database
) -> None:
    reference = service.file(filing()).objections[0].reference
    with database.session() as session:
        session.execute(model.contact.delete())
    assert service.status(reference).case_status == "received"
    (objection,) = rows(database, "objection")
    assert objection.contact_id is None


def test_after_a_key_rotation_an_account_is_still_the_same_account(database: Database) -> None:
    ObjectionService(database, KEYS, ISSUER).file(filing())
    rotated = ObjectionService(database, Keys.parse(f"{KEY_2},{KEY_1}"), ISSUER)
    rotated.file(filing(idempotency_key="key-2"))
    assert count(database, "account") == 1
    assert rotated.file(filing()).objections[0].accounts == (ANA,)


def test_times_are_recorded_in_utc_wherever_the_clock_stands(database: Database) -> None:
    tokyo = timezone(timedelta(hours=9))
    service = ObjectionService(database, KEYS, ISSUER, clock=lambda: NOW.astimezone(tokyo))
    filed = service.file(filing())
    assert filed.received_at == NOW
    assert filed.received_at.utcoffset() == timedelta(0)
    assert service.file(filing()).received_at.utcoffset() == timedelta(0)
