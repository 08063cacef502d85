"""The database keeps its promises on SQLite and on PostgreSQL."""

from __future__ import annotations

import logging
import os
import stat
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, insert, inspect, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from bot.objections import db, model
from bot.objections.db import PATIENCE_S, Conflict, Database, waiting_at_most
from bot.objections.erasure import overwrite_deleted
from bot.objections.errors import StorageError

NOW = datetime(2024, 11, 25, 9, 30, 0, 123456, tzinfo=timezone.utc)


def add_center(database: Database, row_id: str, moment: datetime = NOW) -> None:
    with database.session() as session:
        session.execute(insert(model.account_center).values(id=row_id, created_at=moment))


def centers(database: Database) -> list[str]:
    with database.session(read_only=True) as session:
        return list(session.execute(select(model.account_center.c.id)).scalars())


def test_migrations_from_empty_give_exactly_the_tables_of_the_model(database: Database) -> None:
    with database.session() as session:
        context = MigrationContext.configure(session, opts={"compare_type": True})
        assert compare_metadata(context, model.metadata) == []
        assert set(inspect(session).get_table_names()) == {
            "alembic_version",
            *model.metadata.tables,
        }


def test_migrations_give_the_same_checks_as_the_model(database: Database) -> None:
    # Alembic's comparison does not look at CHECK constraints.
    with database.session() as session:
        found = {
            check["name"]
            for table in model.metadata.tables
            for check in inspect(session).get_check_constraints(table)
        }
    assert found == {
        "ck_account_kind",
        "ck_center_link_source",
        "ck_objection_case_status",
        "ck_objection_account_basis",
        "ck_objection_account_exclusion_state",
        "ck_verification_purpose",
        "ck_decision_kind",
        "ck_decision_ground",
        "ck_decision_two_operators",
        "ck_relation_kind",
        "ck_outbox_kind",
    }


def test_migrating_twice_changes_nothing(database: Database) -> None:
    add_center(database, "kept")
    database.migrate()
    assert centers(database) == ["kept"]


def test_a_start_with_nothing_to_migrate_does_not_read_every_row(
    sqlite_database: Database,
) -> None:
    add_center(sqlite_database, "one")
    statements: list[str] = []
    event.listen(
        sqlite_database.engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, *rest, **named: statements.append(statement),
    )
    sqlite_database.migrate()
    assert statements
    assert not [one for one in statements if "foreign_key_check" in one]


def test_several_processes_may_migrate_at_once(url: str) -> None:
    databases = [Database(url) for _ in range(4)]
    together = threading.Barrier(len(databases), timeout=60)

    def start(database: Database) -> None:
        together.wait()
        database.migrate()

    with ThreadPoolExecutor(len(databases)) as pool:
        list(pool.map(start, databases))
    assert centers(databases[0]) == []
    for database in databases:
        database.dispose()


def test_a_failed_migration_leaves_no_half_of_itself(empty: Database) -> None:
    def fail(
        connection: object, cursor: object, statement: str, *rest: object, **named: object
    ) -> None:
        if "CREATE TABLE objection " in statement:
            raise OperationalError(None, None, Exception("disk full"))

    event.listen(empty.engine, "before_cursor_execute", fail)
    with pytest.raises(StorageError):
        empty.migrate()
    with empty.session(read_only=True) as session:
        assert inspect(session).get_table_names() == []


def test_migrating_leaves_logging_alone(empty: Database) -> None:
    root, own = logging.getLogger(), logging.getLogger("tests.of_db")
    before = (list(root.handlers), root.level, own.disabled)
    empty.migrate()
    assert (list(root.handlers), root.level, own.disabled) == before


def test_a_session_commits_at_its_end(database: Database) -> None:
    add_center(database, "one")
    assert centers(database) == ["one"]


def test_an_exception_inside_a_session_undoes_everything_and_passes_through(
    database: Database,
) -> None:
    def break_off() -> None:
        with database.session() as session:
            session.execute(insert(model.account_center).values(id="one", created_at=NOW))
            raise KeyError("stop")

    with pytest.raises(KeyError):
        break_off()
    assert centers(database) == []


def test_a_refused_write_is_a_conflict_and_a_storage_error(database: Database) -> None:
    add_center(database, "one")
    with pytest.raises(Conflict):
        add_center(database, "one")
    assert issubclass(Conflict, StorageError)


def test_a_row_that_points_nowhere_is_refused(database: Database) -> None:
    with pytest.raises(Conflict), database.session() as session:
        session.execute(
            insert(model.center_link).values(
                id="one",
                account_center_id="none",
                account_id="none",
                source="directory",
                linked_from=NOW,
            )
        )


def test_a_state_that_does_not_exist_is_refused(database: Database) -> None:
    with pytest.raises(Conflict), database.session() as session:
        session.execute(
            insert(model.account).values(
                id="one",
                platform="instagram",
                kind="robot",
                handle_index="0" * 64,
                handle_key_id="k1",
                created_at=NOW,
            )
        )


def test_a_broken_statement_is_a_storage_error_without_its_values(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "ana" + "@example.org"
    with pytest.raises(StorageError) as caught, database.session() as session:
        session.execute(text("SELECT :secret FROM nowhere"), {"secret": secret})
    shown = "".join(traceback.format_exception(caught.value))
    assert "storage_failed" in shown
    assert secret not in shown
    logged = "".join(capsys.readouterr())
    assert "database_failed" in logged
    assert secret not in logged


def test_moments_come_back_in_utc_to_the_microsecond(database: Database) -> None:
    lisbon_summer = timezone(timedelta(hours=1))
    add_center(database, "one", NOW.astimezone(lisbon_summer))
    with database.session(read_only=True) as session:
        stored = session.execute(select(model.account_center.c.created_at)).scalar_one()
    assert stored == NOW
    assert stored.tzinfo is timezone.utc


def test_a_moment_without_a_time_zone_is_refused(database: Database) -> None:
    with pytest.raises(StorageError):
        add_center(database, "one", NOW.replace(tzinfo=None))
    assert centers(database) == []


def test_a_link_can_be_open_only_once_but_may_come_back(database: Database) -> None:
    def link(row_id: str, linked_to: datetime | None) -> None:
        with database.session() as session:
            session.execute(
                insert(model.center_link).values(
                    id=row_id,
                    account_center_id="center",
                    account_id="account",
                    source="directory",
                    linked_from=NOW,
                    linked_to=linked_to,
                )
            )

    add_center(database, "center")
    with database.session() as session:
        session.execute(
            insert(model.account).values(
                id="account",
                platform="facebook",
                handle_index="0" * 64,
                handle_key_id="k1",
                created_at=NOW,
            )
        )
    link("left", NOW)
    link("back", None)
    with pytest.raises(Conflict):
        link("twice", None)


def test_ping_answers_when_the_database_does(database: Database) -> None:
    database.ping()


@pytest.mark.parametrize(
    "unreachable",
    [
        lambda folder: f"sqlite:///{folder / 'missing' / 'record.db'}",
        lambda folder: "postgresql+psycopg2://nobody@127.0.0.1:1/nothing",
    ],
    ids=["sqlite", "postgresql"],
)
def test_ping_fails_when_the_database_does(
    tmp_path: Path, unreachable: Callable[[Path], str]
) -> None:
    with pytest.raises(StorageError):
        Database(unreachable(tmp_path)).ping()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_that_forgets_is_refused_by_the_name_of_the_setting(url: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL"):
        Database(url)


@pytest.mark.parametrize(
    "url",
    [
        "ana:secret",
        "mysql://ana:secret@127.0.0.1/record",
        "postgresql+nothing://ana:secret@127.0.0.1/record",
        "postgresql://ana:secret@127.0.0.1:port/record",
        "sqlite://ana:secret@127.0.0.1/record",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL") as caught:
        Database(url)
    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_a_database_for_reading_reads_and_writes_nothing(database: Database, url: str) -> None:
    add_center(database, "one")
    reading = Database(url, read_only=True)
    assert centers(reading) == ["one"]
    with pytest.raises(StorageError):
        add_center(reading, "two")
    reading.dispose()
    assert centers(database) == ["one"]


@pytest.mark.parametrize("address", ["{}/100% of #1.db", "file:{}/record.db?uri=true"])
def test_a_file_is_found_for_reading_and_never_made(tmp_path: Path, address: str) -> None:
    url = f"sqlite:///{address.format(tmp_path)}"
    with pytest.raises(StorageError):
        Database(url, read_only=True).ping()
    assert list(tmp_path.iterdir()) == []
    Database(url).migrate()
    assert centers(Database(url, read_only=True)) == []


def test_sqlite_runs_in_wal_mode_with_foreign_keys_and_full_sync(sqlite_database: Database) -> None:
    with sqlite_database.session(read_only=True) as session:
        pragmas = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    full = 2
    assert pragmas == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "synchronous": full,
    }


def test_who_says_how_long_they_wait_for_a_busy_file_waits_so_long(
    sqlite_database: Database,
) -> None:
    def patience_ms() -> int:
        with sqlite_database.session(read_only=True) as session:
            return int(session.execute(text("PRAGMA busy_timeout")).scalar_one())

    with waiting_at_most(60):
        assert 50_000 < patience_ms() <= 60_000
        with waiting_at_most(30):
            assert 20_000 < patience_ms() <= 30_000
        # Nobody waits longer than whoever asked them.
        with waiting_at_most(90):
            assert 50_000 < patience_ms() <= 60_000
    assert patience_ms() == 1000 * PATIENCE_S
    with waiting_at_most(-1):
        assert patience_ms() == 0


def _modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


def test_only_their_owner_can_read_the_file_and_its_logs_in_a_folder_that_was_there(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    before = os.umask(0o022)
    try:
        database = Database(f"sqlite:///{folder}/record.db")
        database.migrate()
        with database.session() as session:
            session.execute(insert(model.account_center).values(id="one", created_at=NOW))
            private = dict.fromkeys(("record.db", "record.db-wal", "record.db-shm"), 0o600)
            assert _modes(folder) == private
        # An earlier version left them so.
        for name in private:
            (folder / name).chmod(0o644)
        other = Database(f"sqlite:///{folder}/record.db")
        other.ping()
        assert _modes(folder) == private
        other.dispose()
        database.dispose()
        assert _modes(folder) == {"record.db": 0o600}
    finally:
        os.umask(before)


def test_a_file_is_opened_once_for_many_transactions_and_closed_after_a_rest(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    event.listen(sqlite_database.engine, "connect", lambda *given: opened.append(given))
    sqlite_database.dispose()
    add_center(sqlite_database, "one")
    sqlite_database.rest()
    assert centers(sqlite_database) == ["one"]
    assert len(opened) == 1

    monkeypatch.setattr(db, "REST_AFTER_S", -1)
    with sqlite_database.session() as session:
        session.execute(insert(model.account_center).values(id="two", created_at=NOW))
        # Not while somebody is at work.
        sqlite_database.rest()
    add_center(sqlite_database, "three")
    assert len(opened) == 1
    sqlite_database.rest()
    assert centers(sqlite_database) == ["one", "three", "two"]
    assert len(opened) == 2


def test_after_a_rest_nothing_is_left_in_the_log_of_writes(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_center(sqlite_database, "one")
    path = Path(str(sqlite_database.engine.url.database))
    log_of_writes = path.with_name(f"{path.name}-wal")
    assert log_of_writes.stat().st_size
    monkeypatch.setattr(db, "REST_AFTER_S", -1)
    sqlite_database.rest()
    assert not log_of_writes.exists()


def test_a_connection_that_is_taken_while_the_others_are_closed_is_closed_the_next_time(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(str(sqlite_database.engine.url.database))
    monkeypatch.setattr(db, "REST_AFTER_S", -1)
    with sqlite_database.session(read_only=True), sqlite_database.session(read_only=True):
        pass
    with sqlite_database.session() as session, monkeypatch.context() as just_before:
        # Nobody had one when it was looked at.
        just_before.setattr(QueuePool, "checkedout", lambda pool: 0)
        sqlite_database.rest()
        session.execute(insert(model.account_center).values(id="two", created_at=NOW))
    assert centers(sqlite_database) == ["two"]
    sqlite_database.rest()
    assert not path.with_name(f"{path.name}-wal").exists()
    assert centers(sqlite_database) == ["two"]


def test_a_file_that_was_replaced_is_opened_anew(sqlite_database: Database, tmp_path: Path) -> None:
    """What would be written by a connection to the old one would be gone."""
    other = Database(f"sqlite:///{tmp_path}/other.db")
    other.migrate()
    other.dispose()
    add_center(sqlite_database, "one")
    overwrite_deleted(sqlite_database)
    (tmp_path / "other.db").replace(str(sqlite_database.engine.url.database))
    add_center(sqlite_database, "two")
    sqlite_database.dispose()
    assert centers(sqlite_database) == ["two"]


def test_a_file_that_was_damaged_for_a_while_is_read_again(sqlite_database: Database) -> None:
    add_center(sqlite_database, "one")
    overwrite_deleted(sqlite_database)
    path = Path(str(sqlite_database.engine.url.database))
    healthy = path.read_bytes()
    path.write_bytes(b"this is no database, but long enough to be read as one" * 200)
    sqlite_database.dispose()
    for _ in range(2):
        with pytest.raises(StorageError):
            centers(sqlite_database)
    path.write_bytes(healthy)
    assert centers(sqlite_database) == ["one"]


def test_sqlite_lets_people_read_while_somebody_writes(sqlite_database: Database) -> None:
    add_center(sqlite_database, "one")
    with sqlite_database.session() as session:
        session.execute(insert(model.account_center).values(id="two", created_at=NOW))
        assert centers(sqlite_database) == ["one"]


def test_sqlite_writers_that_read_first_wait_for_each_other(sqlite_database: Database) -> None:
    # Without BEGIN IMMEDIATE one of these fails at once with "database is locked".
    together = threading.Barrier(4, timeout=60)

    def read_then_write(number: int) -> None:
        together.wait()
        for turn in range(5):
            with sqlite_database.session() as session:
                session.execute(select(model.account_center.c.id)).all()
                session.execute(
                    insert(model.account_center).values(id=f"{number}-{turn}", created_at=NOW)
                )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read_then_write, range(4)))
    assert len(centers(sqlite_database)) == 20


def test_a_database_does_not_show_its_address() -> None:
    shown = repr(Database("postgresql+psycopg2://ana:secret@127.0.0.1:1/nothing"))
    assert "secret" not in shown
