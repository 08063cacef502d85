"""What was done stays on record, in order and unchanged, or it shows."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, inspect, select, text, update
from sqlalchemy.engine import Connection

from bot.objections import audit, model
from bot.objections.audit import EVENTS, START, Broken, Link, NoLog, Verified, append, verify
from bot.objections.db import Conflict, Database
from bot.objections.errors import StorageError

NOW = datetime(2024, 11, 25, 9, 30, 0, 123456, tzinfo=timezone.utc)
PAYLOAD: dict[str, Any] = {
    "accounts": 2,
    "batch_id": "b" * 32,
    "notice_sha256": "5" * 64,
    "notice_version": "2024-10-09",
    "position": 0,
}
EVENT: dict[str, Any] = {
    "at": NOW,
    "actor": "person",
    "action": "objection_filed",
    "objection_id": "0" * 32,
    "payload": PAYLOAD,
}
COLUMNS = tuple(column.name for column in model.audit_event.c)
TABLE = model.audit_event


def add(database: Database, *positions: int) -> list[Link]:
    """One event for each position, in one transaction."""
    with database.session() as session:
        return [append_at(session, position) for position in positions]


def append_at(session: Connection, position: int) -> Link:
    return append(session, **{**EVENT, "payload": {**PAYLOAD, "position": position}})


def events(database: Database) -> list[Any]:
    with database.session(read_only=True) as session:
        return session.execute(select(TABLE).order_by(TABLE.c.number)).all()


@pytest.fixture
def unguarded(database: Database) -> Database:
    """A log of five events, after somebody has dropped what guards it."""
    add(database, 0, 1, 2, 3, 4)
    drop_triggers(database)
    return database


def drop_triggers(database: Database) -> None:
    with database.session() as session:
        if database.engine.dialect.name == "postgresql":
            session.execute(text("DROP FUNCTION audit_event_is_append_only CASCADE"))
            return
        find = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        names = session.execute(find).scalars().all()
        assert len(names) == 3
        for name in names:
            session.execute(text(f"DROP TRIGGER {name}"))


def change(session: Connection, which: int, /, **values: object) -> None:
    session.execute(update(TABLE).where(TABLE.c.number == which).values(**values))


def content(session: Connection, number: int) -> dict[str, Any]:
    row = session.execute(select(TABLE).where(TABLE.c.number == number)).one()
    return dict(zip(COLUMNS, row, strict=True))


def hashed(event: dict[str, Any]) -> dict[str, Any]:
    """The event with the hash that its content gives, as somebody who knows the code makes it."""
    return {**event, "hash": audit._hash(event[name] for name in COLUMNS[:-1])}


# --- writing


def test_events_are_numbered_from_one_and_each_names_the_one_before(database: Database) -> None:
    first, second = add(database, 0, 1)
    (third,) = add(database, 2)
    assert [link.number for link in (first, second, third)] == [1, 2, 3]
    stored = events(database)
    assert [Link(row.number, row.hash) for row in stored] == [first, second, third]
    assert [row.previous for row in stored] == [START.hash, first.hash, second.hash]
    assert verify(database) == Verified(third)


def test_an_event_is_stored_exactly_as_it_is_hashed(database: Database) -> None:
    tokyo = timezone(timedelta(hours=9))
    with database.session() as session:
        append(session, **{**EVENT, "at": NOW.astimezone(tokyo), "objection_id": None})
    (row,) = events(database)
    assert row.at == "2024-11-25T09:30:00.123456Z"
    assert (row.actor, row.action, row.objection_id) == ("person", "objection_filed", None)
    assert row.payload == (
        '{"accounts":2,"batch_id":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","notice_sha256":"'
        '5555555555555555555555555555555555555555555555555555555555555555",'
        '"notice_version":"2024-10-09","position":0}'
    )
    stored = b"".join(
        b"\1" + len(part).to_bytes(8, "big") + part if part else b"\0" + bytes(8)
        for part in (
            b"1",
            b"2024-11-25T09:30:00.123456Z",
            b"person",
            b"objection_filed",
            None,
            row.payload.encode("ascii"),
            b"0" * 64,
        )
    )
    assert row.hash == sha256(stored).hexdigest()


def test_a_log_without_events_is_whole(database: Database) -> None:
    assert verify(database) == Verified(START)


def test_a_database_without_a_log_is_told_from_one_without_events(empty: Database) -> None:
    with pytest.raises(NoLog):
        verify(empty)


def test_columns_that_read_the_same_when_joined_are_hashed_differently() -> None:
    assert audit._hash(["ab", "c"]) != audit._hash(["a", "bc"])
    assert audit._hash([None]) != audit._hash([""])
    assert audit._hash(["a", None]) != audit._hash(["a"])


@pytest.mark.parametrize("actor", ["person", "system", "operator:r.costa"])
def test_an_event_says_who_did_it(database: Database, actor: str) -> None:
    with database.session() as session:
        append(session, **{**EVENT, "actor": actor})
    assert [row.actor for row in events(database)] == [actor]


# --- nothing personal


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": "Ana Silva"},
        {"actor": "operator:"},
        {"actor": "operator:Ana Silva"},
        {"action": "ana.silva"},
        {"action": "something_else"},
        {"objection_id": "OBJ-0000-0000-0000-0000-0"},
        {"objection_id": ""},
        {"at": NOW.replace(tzinfo=None)},
        {"payload": {}},
        {"payload": {**PAYLOAD, "email": "ana@example.org"}},
        {"payload": {**PAYLOAD, "ana@example.org": 1}},
        {"payload": {**PAYLOAD, "batch_id": "ana@example.org"}},
        {"payload": {**PAYLOAD, "batch_id": "b" * 32 + "\n"}},
        {"payload": {**PAYLOAD, "batch_id": None}},
        {"payload": {**PAYLOAD, "notice_version": "my children are in my photos"}},
        {"payload": {**PAYLOAD, "notice_sha256": "ana.silva"}},
        {"payload": {**PAYLOAD, "accounts": "ana.silva"}},
        {"payload": {**PAYLOAD, "accounts": ["ana.silva"]}},
        {"payload": {**PAYLOAD, "accounts": 351912345678}},
        {"payload": {**PAYLOAD, "accounts": -1}},
        {"payload": {**PAYLOAD, "accounts": True}},
        {"payload": {**PAYLOAD, "accounts": 2.0}},
    ],
    ids=repr,
)
def test_what_has_no_place_in_the_log_is_refused_and_not_repeated(
    sqlite_database: Database, changes: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"audit event|payload") as caught, (
        sqlite_database.session()
    ) as session:
        append(session, **{**EVENT, **changes})
    assert "ana" not in str(caught.value).lower()
    assert "351" not in str(caught.value)
    assert events(sqlite_database) == []


@given(
    key=st.sampled_from([*PAYLOAD, "email", "name"]) | st.text(max_size=10),
    value=st.text() | st.integers() | st.integers(0, 9) | st.text("0123456789abcdef-", max_size=64)
    | st.sampled_from(list(PAYLOAD.values())) | st.none() | st.booleans() | st.floats(),
)
def test_only_a_known_key_with_a_value_of_its_form_is_written(key: str, value: Any) -> None:
    try:
        audit._check(NOW, "person", "objection_filed", None, {**PAYLOAD, key: value})
    except ValueError:
        return
    assert key in PAYLOAD
    assert type(value) is type(PAYLOAD[key])
    if isinstance(value, int):
        assert 0 <= value < 1_000_000
    else:
        assert len(value) == len(PAYLOAD[key])
        assert set(value) <= set("0123456789abcdef-")


def test_the_closed_list_names_nothing_personal() -> None:
    keys = {key for forms in EVENTS.values() for key in forms}
    personal = "name email handle reason country reference address platform".split()
    assert [key for key in keys if any(word in key for word in personal)] == []


# --- append-only


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'system' WHERE number = 2",
        "UPDATE audit_event SET number = 9 WHERE number = 2",
        "UPDATE audit_event SET hash = hash",
        "DELETE FROM audit_event WHERE number = 2",
        "DELETE FROM audit_event",
    ],
)
def test_the_database_refuses_to_change_or_remove_an_event(
    database: Database, statement: str
) -> None:
    add(database, 0, 1, 2)
    before = events(database)
    with pytest.raises(Conflict), database.session() as session:
        session.execute(text(statement))
    assert events(database) == before


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "statements",
    [
        "TRUNCATE audit_event",
        "SET LOCAL session_replication_role = replica; DELETE FROM audit_event",
        "INSERT INTO audit_event SELECT * FROM audit_event "
        "ON CONFLICT (number) DO UPDATE SET actor = 'system'",
    ],
    ids=["truncate", "replica", "upsert"],
)
def test_postgresql_refuses_the_ways_around_as_well(
    database: Database, statements: str
) -> None:
    add(database, 0, 1, 2)
    before = events(database)
    with pytest.raises(Conflict), database.session() as session:
        session.execute(text(statements))
    assert events(database) == before


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE number = 2",
        "INSERT OR REPLACE INTO audit_event (rowid, at, actor, action, payload, previous, hash) "
        "SELECT 2, at, 'system', action, payload, previous, hash FROM audit_event LIMIT 1",
        "INSERT INTO audit_event SELECT * FROM audit_event WHERE number = 2 "
        "ON CONFLICT (number) DO UPDATE SET actor = 'system'",
        "UPDATE OR REPLACE audit_event SET number = 1 WHERE number = 2",
    ],
)
def test_sqlite_refuses_the_ways_around_as_well(
    sqlite_database: Database, statement: str
) -> None:
    add(sqlite_database, 0, 1, 2)
    before = events(sqlite_database)
    with pytest.raises(Conflict), sqlite_database.session() as session:
        session.execute(text(statement))
    assert events(sqlite_database) == before


def test_downgrading_leaves_nothing_of_it(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", "bot.objections:migrations")
    with database.session() as session:
        config.attributes["connection"] = session
        command.downgrade(config, "0001")
        assert not inspect(session).has_table("audit_event")
    database.migrate()
    assert verify(database) == Verified(START)


# --- what verifying finds


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2024-11-26T09:30:00.123456Z"),
        ("actor", "system"),
        ("action", "objection_file"),
        ("objection_id", "1" * 32),
        ("objection_id", ""),
        ("objection_id", None),
        ("payload", "{}"),
        ("previous", "0" * 64),
        ("hash", "0" * 64),
    ],
)
def test_a_changed_event_is_named(unguarded: Database, column: str, value: str | None) -> None:
    with unguarded.session() as session:
        change(session, 3, **{column: value})
    assert verify(unguarded) == Broken(3, "changed")


def test_an_event_replaced_together_with_its_hash_is_not_what_the_next_one_follows(
    unguarded: Database,
) -> None:
    with unguarded.session() as session:
        event = hashed({**content(session, 3), "actor": "system"})
        change(session, 3, actor=event["actor"], hash=event["hash"])
    assert verify(unguarded) == Broken(4, "predecessor")


def test_a_first_event_that_names_a_predecessor_is_no_beginning(unguarded: Database) -> None:
    with unguarded.session() as session:
        event = hashed({**content(session, 1), "previous": "1" * 64})
        change(session, 1, previous=event["previous"], hash=event["hash"])
    assert verify(unguarded) == Broken(1, "first")


@pytest.mark.parametrize("number", [1, 3])
def test_a_removed_event_is_a_gap(unguarded: Database, number: int) -> None:
    with unguarded.session() as session:
        session.execute(delete(TABLE).where(TABLE.c.number == number))
    assert verify(unguarded) == Broken(number, "gap")


def test_of_two_swapped_events_the_first_is_named(unguarded: Database) -> None:
    with unguarded.session() as session:
        change(session, 2, number=99)
        change(session, 3, number=2)
        change(session, 99, number=3)
    assert verify(unguarded) == Broken(2, "changed")


@pytest.mark.parametrize(
    ("number", "broken"),
    [(0, Broken(0, "first")), (-7, Broken(-7, "first")), (9, Broken(6, "gap"))],
)
def test_an_event_inserted_outside_of_the_sequence_is_named(
    unguarded: Database, number: int, broken: Broken
) -> None:
    with unguarded.session() as session:
        event = hashed({**content(session, 3), "number": number})
        session.execute(insert(TABLE).values(**event))
    assert verify(unguarded) == broken


def test_an_event_inserted_at_the_end_has_to_follow_the_head(unguarded: Database) -> None:
    with unguarded.session() as session:
        event = hashed({**content(session, 3), "number": 6})
        session.execute(insert(TABLE).values(**event))
    assert verify(unguarded) == Broken(6, "predecessor")


def test_an_event_pushed_in_between_breaks_the_chain_behind_it(unguarded: Database) -> None:
    with unguarded.session() as session:
        pushed = hashed({**content(session, 3), "actor": "system"})
        for number in (5, 4, 3):
            change(session, number, number=number + 1)
        session.execute(insert(TABLE).values(**pushed))
    assert verify(unguarded) == Broken(4, "changed")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_number_that_stands_twice_is_named(unguarded: Database) -> None:
    with unguarded.session() as session:
        session.execute(text("ALTER TABLE audit_event DROP CONSTRAINT pk_audit_event"))
        session.execute(insert(TABLE).values(**content(session, 3)))
    assert verify(unguarded) == Broken(3, "twice")


@pytest.mark.parametrize("damaged", ["CAST(x'ff' AS TEXT)", "CAST(actor AS BLOB)", "7"])
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_what_is_not_even_text_is_a_change_like_any_other(
    unguarded: Database, url: str, damaged: str
) -> None:
    with unguarded.session() as session:
        session.execute(text(f"UPDATE audit_event SET actor = {damaged} WHERE number = 3"))
    assert verify(Database(url, read_only=True)) == Broken(3, "changed")


def test_the_first_of_several_breaks_is_named(unguarded: Database) -> None:
    with unguarded.session() as session:
        session.execute(delete(TABLE).where(TABLE.c.number == 4))
        change(session, 2, actor="system")
    assert verify(unguarded) == Broken(2, "changed")


@pytest.mark.parametrize("number", range(1, 8))
def test_a_break_is_found_wherever_it_lies_between_batches(
    database: Database, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(audit, "_BATCH", 2)
    *_, head = add(database, *range(7))
    assert verify(database) == Verified(head)
    drop_triggers(database)
    with database.session() as session:
        change(session, number, actor="system")
    assert verify(database) == Broken(number, "changed")
    database.ping()


def test_every_break_has_a_sentence_that_names_the_event() -> None:
    for problem in audit._SENTENCES:
        sentence = Broken(4711, problem).sentence
        assert "4711" in sentence
        assert sentence.endswith(".")


# --- the head


def test_a_chain_whose_end_was_cut_off_is_whole_in_itself_and_not_with_its_head(
    unguarded: Database,
) -> None:
    head = verify(unguarded)
    assert isinstance(head, Verified)
    with unguarded.session() as session:
        session.execute(delete(TABLE).where(TABLE.c.number >= 4))
    assert verify(unguarded) == Verified(Link(3, events(unguarded)[-1].hash))
    assert verify(unguarded, head.head) == Broken(4, "cut_off")


def test_a_log_that_was_emptied_is_cut_off_before_its_first_event(unguarded: Database) -> None:
    head = Link(5, events(unguarded)[-1].hash)
    with unguarded.session() as session:
        session.execute(delete(TABLE))
    assert verify(unguarded) == Verified(START)
    assert verify(unguarded, head) == Broken(1, "cut_off")


def test_a_chain_made_anew_is_whole_in_itself_and_not_with_its_head(unguarded: Database) -> None:
    noted = [Link(row.number, row.hash) for row in events(unguarded)]
    with unguarded.session() as session:
        session.execute(delete(TABLE).where(TABLE.c.number >= 3))
    add(unguarded, 7, 8, 9)
    assert isinstance(verify(unguarded), Verified)
    assert verify(unguarded, noted[1]) == verify(unguarded)
    assert verify(unguarded, noted[2]) == Broken(3, "rewritten")
    assert verify(unguarded, noted[4]) == Broken(5, "rewritten")


def test_a_head_stays_part_of_the_chain_that_grows_after_it(database: Database) -> None:
    (head,) = add(database, 0)
    (later,) = add(database, 1)
    for noted in (START, head, later):
        assert verify(database, noted) == Verified(later)


@pytest.mark.parametrize("link", [START, Link(1, "ab" * 32), Link(10**17, "0" * 64)])
def test_a_head_reads_back_as_it_is_written(link: Link) -> None:
    assert Link.parse(str(link)) == link
    assert Link.parse(f" {str(link).upper()}\n") == link


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        ":",
        "1:",
        "1:" + "0" * 63,
        "1:" + "g" * 64,
        "-1:" + "0" * 64,
        "٣:" + "0" * 64,
        "0:" + "1" * 64,
        "9" * 99 + ":" + "0" * 64,
        "1:" + "0" * 64 + ":2",
    ],
)
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a head is NUMBER:HASH"):
        Link.parse(text)


# --- any payload, any tampering

payloads = st.fixed_dictionaries(
    {
        "accounts": st.integers(0, 999_999),
        "batch_id": st.text("0123456789abcdef", min_size=32, max_size=32),
        "notice_sha256": st.text("0123456789abcdef", min_size=64, max_size=64),
        "notice_version": st.dates().map(str),
        "position": st.integers(0, 999_999),
    }
)
# Neither database takes a lone surrogate, and PostgreSQL no NUL.
texts = st.text(st.characters(blacklist_categories=["Cs"], min_codepoint=1), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), written=st.lists(payloads, min_size=1, max_size=5))
def test_any_change_of_any_stored_event_is_found(
    unguarded: Database, data: st.DataObject, written: list[dict[str, Any]]
) -> None:
    with unguarded.session() as session:
        session.execute(delete(TABLE))
        links = [append(session, **{**EVENT, "payload": payload}) for payload in written]
        chosen = data.draw(st.sampled_from(links), label="link")
        tamper(session, chosen.number, len(links), data)
    found = verify(unguarded, links[-1])
    assert isinstance(found, Broken)
    assert found.number <= chosen.number + 1


def tamper(session: Connection, number: int, count: int, data: st.DataObject) -> None:
    """Change one column of one row to anything else, or remove the row."""
    column = data.draw(st.sampled_from([*COLUMNS, "remove"]), label="what")
    if column == "remove":
        session.execute(delete(TABLE).where(TABLE.c.number == number))
        return
    if column == "number":
        others = st.integers(-(2**40), 2**40).filter(lambda other: not 1 <= other <= count)
        change(session, number, number=data.draw(others, label="number"))
        return
    stored = content(session, number)[column]
    other = data.draw(texts | one_letter_else(stored), label="value")
    assume(other != stored)
    change(session, number, **{column: other})


def one_letter_else(stored: str) -> st.SearchStrategy[str]:
    return st.tuples(st.integers(0, len(stored) - 1), st.sampled_from("09afZ{")).map(
        lambda drawn: stored[: drawn[0]] + drawn[1] + stored[drawn[0] + 1 :]
    )


# --- many writers


def test_many_writers_keep_one_chain_with_all_that_was_committed_and_nothing_else(
    database: Database, url: str
) -> None:
    # Two engines, as two processes have them.
    writers, turns = 12, 6
    databases = [database, Database(url)]
    together = threading.Barrier(writers, timeout=60)

    def write(writer: int) -> list[Link]:
        own: list[Link] = []
        together.wait()
        for turn in range(turns):
            # One to three events; every third transaction is given up after writing.
            positions = [writer * 1000 + turn * 10 + n for n in range(1 + (writer + turn) % 3)]
            try:
                with databases[writer % 2].session() as session:
                    links = [append_at(session, position) for position in positions]
                    if (writer + turn) % 3 == 0:
                        raise GivenUp
            except GivenUp:
                continue
            committed.update(zip(links, positions, strict=True))
            own.extend(links)
        return own

    committed: dict[Link, int] = {}
    with ThreadPoolExecutor(writers) as pool:
        by_writer = list(pool.map(write, range(writers)))
    databases[1].dispose()
    stored = events(database)
    assert [row.number for row in stored] == list(range(1, len(committed) + 1))
    found = {Link(row.number, row.hash): json.loads(row.payload)["position"] for row in stored}
    assert found == committed
    assert len(committed) == sum(len(links) for links in by_writer) > writers * turns
    assert verify(database) == Verified(Link(stored[-1].number, stored[-1].hash))
    for links in by_writer:
        assert [link.number for link in links] == sorted(link.number for link in links)


class GivenUp(Exception):
    pass


def test_verifying_while_others_write_finds_a_chain_that_is_whole(database: Database) -> None:
    done = threading.Event()

    def write() -> None:
        for position in range(40):
            add(database, position)
        done.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        heads = []
        while not done.is_set() and not writing.done():
            found = verify(database)
            assert isinstance(found, Verified)
            heads.append(found.head)
        writing.result()
    for head in heads:
        assert isinstance(verify(database, head), Verified)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_nobody_waits_for_ever_behind_a_writer_that_hangs(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PATIENCE_S", 1)
    with database.session() as hanging:
        append_at(hanging, 0)
        with pytest.raises(StorageError):
            add(database, 1)
    add(database, 2)
    assert [json.loads(row.payload)["position"] for row in events(database)] == [0, 2]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_under_stricter_isolation_a_second_event_is_refused_rather_than_forked(
    database: Database,
) -> None:
    strict = database.engine.execution_options(isolation_level="REPEATABLE READ")

    def write_after(read: Callable[[], object]) -> None:
        with strict.begin() as session:
            session.execute(select(TABLE)).all()
            read()
            append_at(session, 0)

    with pytest.raises(Exception, match="pk_audit_event"):
        write_after(lambda: add(database, 1))
    assert len(events(database)) == 1
