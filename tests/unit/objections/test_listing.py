"""Pages of the list of cases, and counts."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import event, select, update

from bot.objections import model
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.decisions import Decisions
from bot.objections.errors import FieldError
from bot.objections.listing import Filter, Page, Place, Row, listed
from bot.objections.service import ObjectionService
from bot.objections.tally import WEEKS, tally
from tests.unit.objections.examples import ANA_ON_FACEBOOK, ISSUER, filing

KEYS = Keys([("k1", bytes(32))])
NOW = datetime(2024, 11, 25, 9, 30, tzinfo=timezone.utc)
TODAY = NOW.date()
ALL = model.CASE_STATUSES


def file(database: Database, days: float, **changes: Any) -> str:
    """An objection that was received so many days ago; its number."""
    service = ObjectionService(database, KEYS, ISSUER, clock=lambda: NOW - timedelta(days=days))
    one = filing(**{"country": None, "idempotency_key": model.new_id(), **changes})
    return service.file(one).objections[0].reference


def decisions(database: Database) -> Decisions:
    return Decisions(database, KEYS, "controller", clock=lambda: NOW)


def numbers(page: Page) -> list[str]:
    return [row.reference for row in page.rows]


def test_what_is_due_soonest_comes_first_with_what_is_known_without_keys(
    database: Database,
) -> None:
    new = file(database, 0, linked_accounts=(ANA_ON_FACEBOOK,), country="PT")
    old = file(database, 40)
    decisions(database).take(new, "ana")
    page = listed(database, Filter(TODAY), 10)
    assert page.rows == (
        Row(old, "received", date(2024, 11, 18), 1, None, False, None),
        Row(new, "in_review", date(2024, 12, 26), 2, "PT", False, "ana"),
    )
    assert page.next is None
    assert [row.urgency(TODAY) for row in page.rows] == ["overdue", "later"]


def test_pages_of_any_size_give_each_case_once_and_in_order(database: Database) -> None:
    # Several are due on the same day, and in both states.
    filed = [file(database, days % 5) for days in range(23)]
    for number in filed[::3]:
        decisions(database).take(number, "ana")
    whole = numbers(listed(database, Filter(TODAY), 100))
    assert sorted(whole) == sorted(filed)
    for size in (1, 4, 22, 23, 24):
        found: list[str] = []
        place: Place | None = None
        while True:
            page = listed(database, Filter(TODAY), size, place)
            assert len(page.rows) <= size
            found += numbers(page)
            if page.next is None:
                break
            place = Place.parse(str(page.next))
        assert found == whole


def test_filters_leave_out_what_does_not_fit(database: Database) -> None:
    overdue = file(database, 40, country="DE")
    soon = file(database, 25, country="PT")
    later = file(database, 0)
    decided = file(database, 50)
    use = decisions(database)
    use.take(soon, "ana")
    use.take(later, "ben")
    use.take(decided, "ana")
    use.uphold(decided, "ana")
    with database.session() as session:
        session.execute(
            update(model.objection)
            .where(model.objection.c.reference == later)
            .values(verified_at=NOW)
        )

    def found(**wanted: Any) -> list[str]:
        return numbers(listed(database, Filter(TODAY, **wanted), 10))

    assert found() == [overdue, soon, later]
    assert found(statuses=ALL) == [decided, overdue, soon, later]
    assert found(statuses=("upheld",)) == [decided]
    assert found(statuses=("refused",)) == []
    # What is answered is not overdue, whatever its day.
    assert found(statuses=ALL, overdue=True) == [overdue]
    assert found(due_before=date(2024, 12, 2)) == [overdue]
    assert found(due_before=date(2024, 12, 3)) == [overdue, soon]
    assert found(country="PT") == [soon]
    assert found(verified=True) == [later]
    assert found(verified=False) == [overdue, soon]
    assert found(statuses=ALL, taken_by="ana") == [decided, soon]
    assert found(verified=False, taken_by="ben") == []


@pytest.mark.parametrize(
    "text", ["", "2024-12-27", "2024-13-27:OBJ-0000-0000-0000-0001-1", "2024-12-27:OBJ-1", "x:y"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(FieldError, match="place_unknown"):
        Place.parse(text)


@pytest.mark.parametrize(
    ("days", "urgency"), [(-1, "overdue"), (0, "soon"), (7, "soon"), (8, "later")]
)
def test_a_day_is_over_when_it_has_ended(days: int, urgency: str) -> None:
    row = Row("OBJ", "received", TODAY + timedelta(days=days), 1, None, False, None)
    assert row.urgency(TODAY) == urgency
    closed = Row("OBJ", "upheld", TODAY + timedelta(days=days), 1, None, False, None)
    assert closed.urgency(TODAY) == "closed"


def test_the_list_finds_its_rows_in_the_index(database: Database) -> None:
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    place = Place(TODAY, "OBJ-0000-0000-0000-0001-1")
    listed(database, Filter(TODAY, overdue=True), 50, place)
    event.remove(database.engine, "before_cursor_execute", note)
    queries = [(sql, values) for sql, values in asked if "FROM objection" in sql]
    assert len(queries) == 2
    on_sqlite = database.engine.dialect.name == "sqlite"
    with database.session() as session:
        if not on_sqlite:
            # A table without rows is rather read whole.
            session.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for sql, values in queries:
            explain = "EXPLAIN QUERY PLAN" if on_sqlite else "EXPLAIN"
            rows = session.exec_driver_sql(f"{explain} {sql}", values)
            plan = "\n".join(str(row[-1]) for row in rows)
            assert "ix_objection_case_status_due_on" in plan
            assert "SCAN objection" not in plan and "Seq Scan" not in plan


def test_counts_are_of_every_case_and_the_open_ones_by_age(database: Database) -> None:
    use = decisions(database)
    empty = tally(database, NOW)
    assert (empty.open, empty.proposals, len(empty.ages)) == (0, 0, WEEKS)
    assert set(empty.by_status) == set(model.CASE_STATUSES)
    ages = [0, 6.9, 7.1, 25, 40, 40.1, 200]
    filed = [file(database, days) for days in ages]
    use.take(filed[0], "ana")
    use.take(filed[1], "ana")
    use.propose_refusal(filed[1], "ana", "legal_claims", "For a claim in court.")
    use.extend(filed[1], "ana", 1, "Many came at once.")
    done = file(database, 40)
    use.take(done, "ana")
    use.propose_refusal(done, "ana", "legal_claims", "For a claim in court.")
    use.confirm_refusal(done, "ben")
    with database.session() as session:
        session.execute(
            update(model.objection)
            .where(model.objection.c.reference == filed[2])
            .values(verified_at=NOW)
        )
    counts = tally(database, NOW)
    assert {k: v for k, v in counts.by_status.items() if v} == {
        "received": 5, "in_review": 2, "refused": 1,
    }
    assert (counts.open, counts.overdue, counts.soon, counts.later) == (7, 3, 1, 3)
    assert (counts.not_taken, counts.unverified, counts.proposals) == (5, 6, 1)
    by_week = {age.weeks: (age.overdue, age.soon, age.later) for age in counts.ages}
    assert by_week[0] == (0, 0, 2)
    assert by_week[1] == (0, 0, 1)
    assert by_week[3] == (0, 1, 0)
    assert by_week[5] == (2, 0, 0)
    assert by_week[WEEKS - 1] == (1, 0, 0)
    assert sum(map(sum, by_week.values())) == 7


def test_counts_agree_with_the_list(database: Database) -> None:
    for days in range(0, 60, 3):
        file(database, days)
    counts = tally(database, NOW)
    rows = listed(database, Filter(TODAY), 100).rows
    urgencies = Counter(row.urgency(TODAY) for row in rows)
    assert urgencies == {"overdue": counts.overdue, "soon": counts.soon, "later": counts.later}
    assert min(urgencies.values()) > 0
    with database.session(read_only=True) as session:
        assert len(session.execute(select(model.objection.c.id)).all()) == counts.open
