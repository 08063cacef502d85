"""What is removed by itself is removed when it is due, and nothing else ever is."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.objections import cases, model, outbox, retention
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.decisions import Decisions
from bot.objections.retention import Removed, Rules
from bot.objections.service import Filed, ObjectionService
from tests.unit.objections.examples import ISSUER, OLD, SHOP, filing
from tests.unit.objections.test_rotation import KEY_1, rows

KEYS = Keys.parse(KEY_1)
FILED_AT = datetime(2024, 11, 25, 9, 30, tzinfo=timezone.utc)
CLOSED_AT = FILED_AT + timedelta(days=10)
NOTHING = Removed(0, 0, 0, 0, 0)
NEVER = Rules(0, 0, 0)
YEARS_LATER = FILED_AT + timedelta(days=3650)


@pytest.fixture
def service(database: Database) -> ObjectionService:
    return ObjectionService(database, KEYS, ISSUER, clock=lambda: FILED_AT)


@pytest.fixture
def filed(service: ObjectionService) -> Filed:
    """Two objections in one sitting."""
    return service.file(filing(unlinked_accounts=(SHOP,)))


def ids(database: Database, filed: Filed) -> list[str]:
    numbers = {row.reference: row.id for row in rows(database, model.objection)}
    return [numbers[one.reference] for one in filed.objections]


def close(database: Database, objection_id: str, *states: str, at: datetime = CLOSED_AT) -> None:
    with database.session() as session:
        for state in states:
            cases.move(session, objection_id, state, at)


def all_sent(database: Database, at: datetime = CLOSED_AT) -> None:
    with database.session() as session:
        session.execute(update(model.outbox).values(sent_at=at))


def actions(database: Database) -> list[str]:
    with database.session(read_only=True) as session:
        in_order = select(model.audit_event.c.action).order_by(model.audit_event.c.number)
        return list(session.execute(in_order).scalars())


def test_zero_days_is_never(database: Database, filed: Filed) -> None:
    for objection_id in ids(database, filed):
        close(database, objection_id, "withdrawn")
    # The codes and mails are of no use after some days, whatever is set.
    assert retention.run(database, NEVER, YEARS_LATER) == NOTHING
    all_sent(database)
    done = retention.run(database, NEVER, YEARS_LATER)
    assert done == Removed(persons=0, holds=0, codes=1, mails=1, displays=0)
    assert len(rows(database, model.contact)) == 1


# --- persons


HANDLED = ("in_review", "upheld", "handled")
YEAR = Rules(0, 365, 0)
DUE = CLOSED_AT + timedelta(days=365, seconds=1)


@pytest.mark.parametrize(
    "end", [HANDLED, ("in_review", "refused"), ("in_review", "not_matched"), ("withdrawn",)]
)
def test_a_person_is_erased_once_their_last_case_was_closed_long_ago(
    database: Database, filed: Filed, end: tuple[str, ...]
) -> None:
    first, second = ids(database, filed)
    close(database, first, "withdrawn", at=FILED_AT)
    close(database, second, *end)
    all_sent(database)
    covered = rows(database, model.objection_account)
    before = [(row.exclusion_state, row.account_id) for row in covered]
    assert retention.run(database, YEAR, DUE - timedelta(seconds=2)).persons == 0
    assert len(rows(database, model.contact)) == 1
    assert retention.run(database, YEAR, DUE).persons == 1
    assert rows(database, model.contact) == []
    after = rows(database, model.objection_account)
    assert [(row.exclusion_state, row.account_id) for row in after] == before
    assert {row.handle for row in after} == {None}
    with database.session(read_only=True) as session:
        erased = model.audit_event.c.action == "person_erased"
        event = session.execute(select(model.audit_event).where(erased)).one()
    assert (event.actor, json.loads(event.payload)) == ("system", {"objections": 2})


def test_whoever_was_upheld_is_erased_as_well_and_stays_excluded(
    database: Database, filed: Filed
) -> None:
    first, second = ids(database, filed)
    close(database, first, "withdrawn", at=FILED_AT)
    desk = Decisions(database, KEYS, "controller", clock=lambda: CLOSED_AT)
    number = filed.objections[1].reference
    desk.take(number, "eve")
    desk.uphold(number, "eve")
    all_sent(database)
    (before,) = [row for row in rows(database, model.objection_account) if row.active]
    assert retention.run(database, YEAR, DUE - timedelta(seconds=2)).persons == 0
    assert retention.run(database, YEAR, DUE).persons == 1
    assert rows(database, model.contact) == []
    (after,) = [row for row in rows(database, model.objection_account) if row.active]
    assert (after.account_id, after.exclusion_state) == (before.account_id, "excluded")
    assert after.handle is None
    statuses = {row.id: row.case_status for row in rows(database, model.objection)}
    assert statuses[second] == "upheld"
    # What is left is enough to know the account when somebody objects for it again.
    ObjectionService(database, KEYS, ISSUER, clock=lambda: DUE).file(
        filing(account=SHOP, idempotency_key="again")
    )
    held = [one for one in rows(database, model.objection_account) if not one.active]
    assert after.account_id in {one.account_id for one in held if one.handle is not None}


@pytest.mark.parametrize("state", [(), ("in_review",)])
def test_nobody_is_erased_while_a_case_is_open(
    database: Database, filed: Filed, state: tuple[str, ...]
) -> None:
    first, second = ids(database, filed)
    close(database, first, "withdrawn")
    close(database, second, *state)
    all_sent(database)
    assert retention.run(database, YEAR, YEARS_LATER).persons == 0
    assert len(rows(database, model.contact)) == 1


def test_nobody_is_erased_while_an_appeal_is_open(database: Database, filed: Filed) -> None:
    first, second = ids(database, filed)
    close(database, first, "withdrawn")
    close(database, second, "in_review", "refused", "in_review")
    all_sent(database)
    assert retention.run(database, YEAR, YEARS_LATER).persons == 0


def test_nobody_is_erased_while_they_have_to_be_told_something(
    database: Database, filed: Filed
) -> None:
    for objection_id in ids(database, filed):
        close(database, objection_id, "in_review", "refused")
    assert rows(database, model.outbox) != []
    assert retention.run(database, YEAR, YEARS_LATER).persons == 0
    # Mail that was given up keeps nobody.
    with database.session() as session:
        session.execute(update(model.outbox).values(failed_at=CLOSED_AT))
    assert retention.run(database, YEAR, YEARS_LATER).persons == 1


def test_a_case_that_is_reopened_at_the_last_moment_keeps_its_person(
    database: Database, filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ids(database, filed)
    close(database, first, "withdrawn")
    close(database, second, "in_review", "refused")
    all_sent(database)
    found = retention._Run._due

    def found_and_then_reopened(self: Any, *arguments: Any) -> Any:
        due = found(self, *arguments)
        close(database, second, "in_review")
        return due

    monkeypatch.setattr(retention._Run, "_due", found_and_then_reopened)
    assert retention.run(database, YEAR, DUE).persons == 0
    assert len(rows(database, model.contact)) == 1


# --- holds of addresses that nobody confirmed


SOON = Rules(0, 0, 30)


def hold_ends(filed: Filed) -> datetime:
    """The first moment at which the hold is over: the thirtieth day after the last for an answer
    has passed."""
    day = filed.due_on + timedelta(days=31)
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)


@pytest.mark.parametrize("taken", [False, True])
def test_an_unverified_hold_ends_after_its_days(
    service: ObjectionService, database: Database, filed: Filed, taken: bool
) -> None:
    if taken:
        for objection_id in ids(database, filed):
            close(database, objection_id, "in_review")
    end = hold_ends(filed)
    assert retention.run(database, SOON, end - timedelta(seconds=1)).holds == 0
    assert {row.exclusion_state for row in rows(database, model.objection_account)} == {"hold"}
    assert retention.run(database, SOON, end).holds == 2
    covered = rows(database, model.objection_account)
    assert {(row.exclusion_state, row.active) for row in covered} == {("released", False)}
    found = rows(database, model.objection)
    assert {(row.case_status, row.closed_at) for row in found} == {("not_matched", end)}
    assert actions(database)[-2:] == ["hold_expired"] * 2
    assert retention.run(database, SOON, end).holds == 0


def test_a_verified_hold_never_ends_by_itself(database: Database, filed: Filed) -> None:
    (contact,) = rows(database, model.contact)
    with database.session() as session:
        cases.confirm(session, contact.id, FILED_AT)
    assert retention.run(database, SOON, YEARS_LATER).holds == 0
    assert {row.exclusion_state for row in rows(database, model.objection_account)} == {"hold"}


@pytest.mark.parametrize("state", [("upheld",), HANDLED[1:], ("refused",)])
def test_what_was_decided_is_left_as_it_is(
    database: Database, filed: Filed, state: tuple[str, ...]
) -> None:
    for objection_id in ids(database, filed):
        close(database, objection_id, "in_review", *state)
    before = rows(database, model.objection_account)
    assert retention.run(database, SOON, YEARS_LATER).holds == 0
    assert rows(database, model.objection_account) == before


def test_a_strangers_hold_that_ends_leaves_the_owners(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    owner = service.file(filing(email="owner@example.org", idempotency_key="owner"))
    (mine,) = ids(database, owner)
    contact_id = {o.id: o.contact_id for o in rows(database, model.objection)}[mine]
    with database.session() as session:
        cases.confirm(session, contact_id, FILED_AT)
    assert retention.run(database, SOON, YEARS_LATER).holds == 2
    (held,) = [row for row in rows(database, model.objection_account) if row.active]
    assert (held.objection_id, held.exclusion_state) == (mine, "hold")


# --- codes, mails, notes


def test_codes_go_a_day_after_their_end_and_mails_a_month_after_theirs(
    database: Database, filed: Filed
) -> None:
    end = FILED_AT + timedelta(minutes=10)
    with database.session() as session:
        session.execute(update(model.verification).values(sent_at=FILED_AT, expires_at=end))
        other = outbox.put(session, "withdrawn", FILED_AT, None)
        session.execute(update(model.outbox).values(sent_at=FILED_AT))
    day, month = end + timedelta(days=1), FILED_AT + timedelta(days=30)
    assert retention.run(database, NEVER, day) == NOTHING
    # The mail with the code goes with it.
    assert retention.run(database, NEVER, day + timedelta(seconds=1)).codes == 1
    assert [row.id for row in rows(database, model.outbox)] == [other]
    assert retention.run(database, NEVER, month) == NOTHING
    assert retention.run(database, NEVER, month + timedelta(seconds=1)).mails == 1
    assert rows(database, model.outbox) == []


def test_mail_that_was_given_up_goes_a_month_later(database: Database) -> None:
    with database.session() as session:
        outbox.put(session, "withdrawn", FILED_AT, None)
        session.execute(update(model.outbox).values(failed_at=FILED_AT))
    after = FILED_AT + timedelta(days=30, seconds=1)
    assert retention.run(database, NEVER, after).mails == 1


def test_what_still_waits_to_be_sent_is_never_deleted(database: Database, filed: Filed) -> None:
    # Tried once, and to be tried again a day later.
    end = FILED_AT + timedelta(minutes=10)
    with database.session() as session:
        session.execute(update(model.verification).values(sent_at=FILED_AT, expires_at=end))
    waiting = rows(database, model.outbox)
    assert len(waiting) == 1
    assert retention.run(database, NEVER, YEARS_LATER) == NOTHING
    assert rows(database, model.outbox) == waiting


def shown(database: Database, at: datetime) -> str:
    row_id = model.new_id()
    (notice,) = rows(database, model.notice)
    index = KEYS.index("conversation", row_id)
    with database.session() as session:
        session.execute(
            insert(model.notice_display).values(
                id=row_id,
                notice_id=notice.id,
                conversation_index=index.digest,
                conversation_key_id=index.key_id,
                shown_at=at,
            )
        )
    return row_id


def test_notes_that_a_notice_was_shown_stay_where_something_was_filed(
    database: Database, filed: Filed
) -> None:
    named, old, young = shown(database, FILED_AT), shown(database, FILED_AT), shown(
        database, FILED_AT + timedelta(days=1)
    )
    with database.session() as session:
        session.execute(update(model.objection).values(notice_display_id=named))
    after = FILED_AT + timedelta(days=30, seconds=1)
    assert retention.run(database, NEVER, after).displays == 0
    assert retention.run(database, Rules(30, 0, 0), after).displays == 1
    left = {row.id for row in rows(database, model.notice_display)}
    assert left == {named, young}
    assert old not in left


# --- all of it


def much(service: ObjectionService, database: Database, number: int) -> None:
    """Sittings of which half are over, each with mail, and notes of conversations."""
    for n in range(number):
        filed = service.file(
            filing(account=SHOP if n % 2 else OLD, idempotency_key=f"much-{n}")
        )
        if n % 2:
            close(database, ids(database, filed)[0], "withdrawn")
        shown(database, FILED_AT)
    all_sent(database)


ALL = Rules(30, 365, 30)


def test_a_dry_run_counts_and_changes_nothing(
    service: ObjectionService, database: Database
) -> None:
    much(service, database, 6)
    tables = model.metadata.tables.values()

    def everything() -> list[Any]:
        with database.session(read_only=True) as session:
            return [session.execute(select(table)).all() for table in tables]

    before = everything()
    counted = retention.run(database, ALL, YEARS_LATER, dry_run=True)
    assert everything() == before
    assert counted == Removed(persons=3, holds=3, codes=6, mails=6, displays=6)
    # The mails and codes of those who were erased went with them.
    done = retention.run(database, ALL, YEARS_LATER)
    assert done == Removed(persons=3, holds=3, codes=3, mails=3, displays=6)


def test_several_processes_at_once_do_it_once(
    service: ObjectionService, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 3)
    much(service, database, 20)
    with ThreadPoolExecutor(4) as pool:
        done = list(
            pool.map(lambda _: retention.run(database, ALL, YEARS_LATER), range(4))
        )
    assert sum(one.persons for one in done) == 10
    assert sum(one.holds for one in done) == 10
    # What one of them skipped because another had it is done, or is left for the next hour.
    retention.run(database, ALL, YEARS_LATER)
    for table in (model.verification, model.outbox, model.notice_display):
        assert rows(database, table) == []
    assert len(rows(database, model.contact)) == 10
    assert actions(database).count("person_erased") == 10
    assert actions(database).count("hold_expired") == 10


def test_one_run_does_no_more_than_it_is_told_to(
    service: ObjectionService, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 2)
    much(service, database, 8)
    done = retention.run(database, ALL, YEARS_LATER, at_most=2)
    assert done == Removed(persons=2, holds=2, codes=2, mails=2, displays=2)


def test_everything_is_done_in_transactions_of_bounded_size(
    service: ObjectionService, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 3)
    much(service, database, 8)
    begun = []
    session = Database.session

    @contextmanager
    def counted(self: Database, *, read_only: bool = False) -> Any:
        begun.append(read_only)
        with session(self, read_only=read_only) as connection:
            yield connection

    monkeypatch.setattr(Database, "session", counted)
    retention.run(database, Rules(30, 0, 0), YEARS_LATER)
    # Eight mails, codes and notes, at three a time; the last look of each finds nothing.
    assert begun.count(False) == 4 + 4 + 4
