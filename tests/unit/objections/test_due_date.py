"""When an answer is due is on record for each objection, also for those filed before it was."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, insert, inspect, select, text, update

from bot.objections import model
from bot.objections.crypto import Keys
from bot.objections.db import Conflict, Database
from bot.objections.service import ObjectionService
from tests.unit.objections.examples import ANA, ISSUER, OLD, SHOP, filing

KEYS = Keys.parse("k1:" + b64encode(bytes(range(32))).decode())
NOW = datetime(2024, 11, 25, 9, 30, 0, 123456, tzinfo=timezone.utc)

# Received, country, due: each wrong if the country, the day in UTC or the clamp were left out.
EARLIER = [
    (NOW, "IE", date(2024, 12, 27)),
    (NOW, None, date(2024, 12, 25)),
    (datetime(2024, 1, 31, 12, 0, tzinfo=timezone.utc), "IE", date(2024, 2, 29)),
    (datetime(2024, 3, 5, 23, 59, 59, tzinfo=timezone.utc), "PT", date(2024, 4, 5)),
    (datetime(2024, 3, 6, 0, 0, tzinfo=timezone.utc), "PT", date(2024, 4, 8)),
]


@pytest.fixture
def before(empty: Database) -> Database:
    """A database of revision 0001 with the objections of EARLIER, each covering an account."""
    empty.migrate("0001")
    notice = {"version": "1", "language": "en", "title": "t", "text": "t", "sha256": "0"}
    account = {"platform": "instagram", "handle_index": "0", "handle_key_id": "k1"}
    with empty.session() as session:
        then = MetaData()
        then.reflect(session)

        def write(name: str, row_id: str, **values: object) -> None:
            session.execute(insert(then.tables[name]).values(id=row_id, **values))

        write("notice", "notice", **notice, created_at=NOW)
        write("account", "account", **account, created_at=NOW)
        for number, (received_at, country, _) in enumerate(EARLIER):
            one = f"{number}"
            write("account_center", one, created_at=NOW)
            write(
                "objection",
                one,
                reference=f"OBJ-{one}",
                batch_id=one,
                batch_position=0,
                received_at=received_at,
                channel="chat",
                language="en",
                country=country,
                case_status="received",
                notice_id="notice",
                account_center_id=one,
                idempotency_key=one,
            )
            write(
                "objection_account",
                one,
                objection_id=one,
                account_id="account",
                position=0,
                basis="named",
                exclusion_state="hold",
            )
    return empty


def objections(database: Database) -> list[Any]:
    with database.session(read_only=True) as session:
        return session.execute(select(model.objection).order_by(model.objection.c.id)).all()


# --- what was filed before


def test_what_was_filed_before_gets_its_due_date(before: Database) -> None:
    before.migrate()
    assert [row.due_on for row in objections(before)] == [due for _, _, due in EARLIER]


def test_what_was_filed_before_is_otherwise_as_it_was(before: Database) -> None:
    before.migrate()
    stored = objections(before)
    assert [(row.received_at, row.country) for row in stored] == [one[:2] for one in EARLIER]
    with before.session(read_only=True) as session:
        covered = session.execute(select(model.objection_account.c.objection_id)).scalars().all()
    assert sorted(covered) == [row.id for row in stored]


def test_after_the_migration_the_tables_guard_each_other_as_before(before: Database) -> None:
    before.migrate()
    for statement in (
        model.objection.delete(),
        update(model.objection_account).values(objection_id="nowhere"),
        update(model.objection).values(due_on=None),
        update(model.objection).values(case_status="lost"),
    ):
        with pytest.raises(Conflict), before.session() as session:
            session.execute(statement)
    assert len(objections(before)) == len(EARLIER)


def test_the_due_date_is_indexed_together_with_the_state(database: Database) -> None:
    with database.session(read_only=True) as session:
        indexes = inspect(session).get_indexes("objection")
    assert ["case_status", "due_on", "reference"] in [index["column_names"] for index in indexes]


def test_the_migration_can_be_taken_back_and_made_again(before: Database) -> None:
    before.migrate()
    config = Config()
    config.set_main_option("script_location", "bot.objections:migrations")
    with before.migrating() as session:
        config.attributes["connection"] = session
        command.downgrade(config, "0001")
        assert "due_on" not in {c["name"] for c in inspect(session).get_columns("objection")}
    before.migrate()
    assert [row.due_on for row in objections(before)] == [due for _, _, due in EARLIER]


def test_a_migration_that_leaves_rows_pointing_nowhere_is_undone(before: Database) -> None:
    def lose_a_parent() -> None:
        with before.migrating() as session:
            session.execute(text("DELETE FROM objection"))

    with pytest.raises(Conflict):
        lose_a_parent()
    before.migrate()
    assert len(objections(before)) == len(EARLIER)


# --- what is filed now


@pytest.mark.parametrize(
    ("country", "due"), [("IE", date(2024, 12, 27)), (None, date(2024, 12, 25))]
)
def test_what_is_filed_is_due_by_the_holidays_of_the_persons_country(
    database: Database, country: str | None, due: date
) -> None:
    service = ObjectionService(database, KEYS, ISSUER, clock=lambda: NOW)
    filed = service.file(filing(country=country, unlinked_accounts=(SHOP, OLD)))
    assert filed.due_on == due
    assert [row.due_on for row in objections(database)] == [due] * 3
    assert {service.status(one.reference).due_on for one in filed.objections} == {due}


def test_the_answer_to_an_earlier_filing_has_its_due_date_and_not_todays(
    database: Database,
) -> None:
    ObjectionService(database, KEYS, ISSUER, clock=lambda: NOW).file(filing(country="IE"))
    later = ObjectionService(database, KEYS, ISSUER, clock=lambda: NOW + timedelta(days=20))
    again = later.file(filing(country="IE"))
    found = later.find(filing().idempotency_key)
    assert found is not None
    assert again.again
    assert again.due_on == found.due_on == date(2024, 12, 27)
    assert again.objections[0].accounts == (ANA,)
