"""What is taken back counts no more, at once and for good; everything else stays as it was."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import event, inspect

from bot.objections import audit
from bot.objections.db import Database
from bot.objections.errors import FieldError, StorageError, UnknownReference
from bot.objections.references import new_reference
from bot.objections.service import Filed, ObjectionService, Withdrawn
from tests.unit.objections.examples import ANA, ANA_ON_FACEBOOK, ISSUER, OLD, SHOP, filing
from tests.unit.objections.test_service import KEYS, NOW, counts, driver_error, rows

LATER = NOW + timedelta(days=3)


class Clock:
    """Tells the time it was set to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(database: Database, clock: Clock) -> ObjectionService:
    return ObjectionService(database, KEYS, ISSUER, clock=clock)


@pytest.fixture
def filed(service: ObjectionService, clock: Clock) -> Filed:
    """Three accounts in two objections, filed three days ago."""
    filed = service.file(filing(linked_accounts=(ANA_ON_FACEBOOK,), unlinked_accounts=(SHOP,)))
    clock.now = LATER
    return filed


def numbers(filed: Filed) -> list[str]:
    return [objection.reference for objection in filed.objections]


def states(database: Database) -> dict[str, tuple[str, set[str]]]:
    """The state of each objection, and those of its accounts, by its number."""
    covered = rows(database, "objection_account")
    return {
        row.reference: (
            row.case_status, {c.exclusion_state for c in covered if c.objection_id == row.id}
        )
        for row in rows(database, "objection")
    }


def everything(database: Database, but: Iterable[str] = ()) -> dict[str, list[Any]]:
    return {
        table: sorted(map(tuple, rows(database, table)), key=repr)
        for table in counts(database)
        if table not in but
    }


STANDS, TAKEN_BACK = ("received", {"hold"}), ("withdrawn", {"released"})


def test_an_objection_that_is_taken_back_holds_its_accounts_no_longer(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    first, second = numbers(filed)
    assert service.withdraw([first], "chat") == (Withdrawn(first, LATER),)
    assert states(database) == {first: TAKEN_BACK, second: STANDS}
    assert service.status(first).case_status == "withdrawn"
    (row,) = rows(database, "withdrawal")
    assert (row.withdrawn_at, row.channel) == (LATER, "chat")
    assert row.objection_id in {o.id for o in rows(database, "objection") if o.reference == first}


def test_several_are_taken_back_at_once_and_answered_in_the_order_that_was_asked(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    first, second = numbers(filed)
    withdrawn = service.withdraw([second, first, second], "chat")
    assert withdrawn == (Withdrawn(second, LATER), Withdrawn(first, LATER))
    assert states(database) == {first: TAKEN_BACK, second: TAKEN_BACK}


def test_nothing_else_is_touched(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    changed = ("objection", "objection_account", "audit_event", "withdrawal", "outbox")
    before = everything(database, but=changed)
    receipts = [service.receipt(number).file() for number in numbers(filed)]
    service.withdraw(numbers(filed), "chat")
    assert everything(database, but=changed) == before
    assert [service.receipt(number).file() for number in numbers(filed)] == receipts


def test_other_objections_for_the_same_account_keep_their_hold(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    other = service.file(filing(account=SHOP, linked_accounts=(ANA,), idempotency_key="key-2"))
    service.withdraw(numbers(filed), "chat")
    assert states(database)[numbers(other)[0]] == STANDS


def test_a_later_filing_for_the_same_account_makes_a_new_hold(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    service.withdraw(numbers(filed), "chat")
    again = service.file(filing(account=ANA, unlinked_accounts=(), idempotency_key="key-2"))
    assert not again.again
    assert again.objections[0].accounts == (ANA,)
    (reference,) = numbers(again)
    assert states(database)[reference] == STANDS
    assert states(database)[numbers(filed)[0]] == TAKEN_BACK


def test_filing_again_under_the_old_key_does_not_bring_it_back(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    service.withdraw(numbers(filed), "chat")
    assert service.file(filing()).again
    assert list(states(database).values()) == [TAKEN_BACK, TAKEN_BACK]


# --- the audit log


def test_each_has_one_event_with_a_count_and_nothing_else(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    service.withdraw(numbers(filed), "chat")
    ids = {row.reference: row.id for row in rows(database, "objection")}
    events = sorted(rows(database, "audit_event"), key=lambda row: row.number)[2:]
    assert {(e.at, e.actor, e.action) for e in events} == {
        ("2024-11-28T09:30:00.123456Z", "person", "objection_withdrawn")
    }
    first, second = (ids[number] for number in numbers(filed))
    assert {e.objection_id: json.loads(e.payload) for e in events} == {
        first: {"accounts": 2},
        second: {"accounts": 1},
    }
    assert audit.verify(database) == audit.Verified(audit.Link(4, events[-1].hash))


# --- twice


def test_taking_back_twice_gives_the_first_answer_and_writes_nothing(
    service: ObjectionService, database: Database, filed: Filed, clock: Clock
) -> None:
    first = service.withdraw(numbers(filed), "chat")
    before = everything(database)
    clock.now = LATER + timedelta(days=1)
    assert service.withdraw(numbers(filed), "other") == first
    assert everything(database) == before


def test_what_was_taken_back_before_keeps_its_time_beside_what_is_new(
    service: ObjectionService, database: Database, filed: Filed, clock: Clock
) -> None:
    first, second = numbers(filed)
    service.withdraw([first], "chat")
    clock.now = LATER + timedelta(days=1)
    withdrawn = service.withdraw([first, second], "chat")
    assert withdrawn == (Withdrawn(first, LATER), Withdrawn(second, clock.now))
    assert len(rows(database, "withdrawal")) == 2
    assert len(rows(database, "audit_event")) == 4


def test_eight_threads_at_once_take_it_back_once(database: Database) -> None:
    service = ObjectionService(database, KEYS, ISSUER)
    filed = service.file(filing(linked_accounts=(OLD,), unlinked_accounts=(SHOP,)))
    together = threading.Barrier(8, timeout=60)

    def withdraw(number: int) -> frozenset[Withdrawn]:
        # In another order each, which would be a deadlock if they were written as they are named.
        named = numbers(filed)[:: 1 if number % 2 else -1]
        together.wait()
        return frozenset(service.withdraw(named, "chat"))

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(withdraw, range(8)))
    assert len(answers) == 1
    assert len(rows(database, "withdrawal")) == 2
    assert len(rows(database, "audit_event")) == 4
    assert isinstance(audit.verify(database), audit.Verified)


def test_two_that_have_both_seen_it_standing_are_told_apart_by_the_database(
    service: ObjectionService, database: Database, filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look at what stands proves nothing: another may write between it and our own writing."""
    real = service._to_withdraw
    looks: list[int] = []

    def look_too_early(session: Any, named: tuple[str, ...]) -> Any:
        found = real(session, named)
        looks.append(len(found))
        if len(looks) > 1:
            return found
        return [type("Row", (), {**row._mapping, "withdrawn_at": None})() for row in found]

    first = service.withdraw(numbers(filed), "chat")
    before = everything(database)
    monkeypatch.setattr(service, "_to_withdraw", look_too_early)
    assert service.withdraw(numbers(filed), "chat") == first
    assert looks == [2, 2]
    assert everything(database) == before


# --- all or nothing


def test_with_one_unknown_number_nothing_is_taken_back(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    before = everything(database)
    with pytest.raises(UnknownReference):
        service.withdraw([*numbers(filed), new_reference()], "chat")
    assert everything(database) == before


def test_with_one_mistyped_number_nothing_is_taken_back(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    before = everything(database)
    with pytest.raises(FieldError):
        service.withdraw([*numbers(filed), "OBJ-1"], "chat")
    assert everything(database) == before


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO withdrawal ", "UPDATE objection ", "UPDATE objection_account ",
     "INSERT INTO audit_event "],
)
def test_a_database_that_breaks_in_the_middle_leaves_everything(
    service: ObjectionService, database: Database, filed: Filed, statement: str
) -> None:
    before = everything(database)
    broken_at: list[str] = []

    def break_down(
        connection: object, cursor: object, executed: str, *rest: object, **named: object
    ) -> None:
        if executed.startswith(statement):
            broken_at.append(executed)
            raise driver_error(database)

    event.listen(database.engine, "before_cursor_execute", break_down)
    with pytest.raises(StorageError):
        service.withdraw(numbers(filed), "chat")
    event.remove(database.engine, "before_cursor_execute", break_down)
    assert broken_at
    assert everything(database) == before


def test_a_commit_that_fails_leaves_everything(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    before = everything(database)

    def fail(connection: object) -> None:
        raise driver_error(database)

    event.listen(database.engine, "commit", fail)
    with pytest.raises(StorageError):
        service.withdraw(numbers(filed), "chat")
    event.remove(database.engine, "commit", fail)
    assert everything(database) == before


def test_a_connection_lost_after_the_commit_still_gives_the_answer(
    service: ObjectionService, database: Database, filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = database.engine.dialect.do_commit
    lost: list[bool] = []

    def commit_and_lose(connection: Any) -> None:
        commit(connection)
        if not lost:
            lost.append(True)
            raise driver_error(database)

    monkeypatch.setattr(database.engine.dialect, "do_commit", commit_and_lose)
    withdrawn = service.withdraw(numbers(filed), "chat")
    assert lost
    assert withdrawn == tuple(Withdrawn(number, LATER) for number in numbers(filed))
    assert len(rows(database, "withdrawal")) == 2
    assert len(rows(database, "audit_event")) == 4


def test_times_are_told_in_utc_wherever_the_clock_stands(
    service: ObjectionService, filed: Filed, clock: Clock
) -> None:
    clock.now = LATER.astimezone(timezone(timedelta(hours=9)))
    for _ in range(2):
        for one in service.withdraw(numbers(filed), "chat"):
            assert one.withdrawn_at == LATER
            assert one.withdrawn_at.utcoffset() == timedelta(0)


# --- the migration


def test_a_record_from_before_can_be_brought_up_to_it_and_back(empty: Database) -> None:
    config = Config()
    config.set_main_option("script_location", "bot.objections:migrations")
    empty.migrate("0004")
    with empty.session() as session:
        assert not inspect(session).has_table("withdrawal")
    empty.migrate()
    service = ObjectionService(empty, KEYS, ISSUER)
    assert service.withdraw(numbers(service.file(filing())), "chat")
    with empty.migrating() as session:
        config.attributes["connection"] = session
        command.downgrade(config, "0004")
        assert not inspect(session).has_table("withdrawal")
    empty.migrate()
