"""After a rotation everything opens with the new key alone, and nothing was lost on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, TypeVar

import pytest
from sqlalchemy import LargeBinary, insert, select, update

from bot.objections import model, outbox, rotation, sealed
from bot.objections.accounts import Account
from bot.objections.crypto import Keys, Sealer
from bot.objections.db import Database
from bot.objections.errors import StorageError
from bot.objections.service import ObjectionService
from bot.settings import ROOT
from tests.unit.objections.examples import ANA, ANA_ON_FACEBOOK, ISSUER, OLD, SHOP, filing

T = TypeVar("T")
NOW = datetime(2024, 11, 25, 9, 30, tzinfo=timezone.utc)
KEY_1 = "k1:" + b64encode(bytes(range(32))).decode()
KEY_2 = "k2:" + b64encode(bytes(range(50, 82))).decode()
OLD_KEYS, NEW_KEYS, NEW_ALONE = Keys.parse(KEY_1), Keys.parse(f"{KEY_2},{KEY_1}"), Keys.parse(KEY_2)


def service(database: Database, keys: Keys) -> ObjectionService:
    return ObjectionService(database, keys, ISSUER, clock=lambda: NOW)


def rotated(database: Database, keys: Keys = NEW_KEYS) -> rotation.Rotated:
    return rotation.rotate(database, keys, lambda: NOW)


def under(database: Database, key_id: str, keys: Keys = NEW_KEYS) -> dict[str, int]:
    """How many rows of each kind are under a key."""
    (found,) = [key for key in rotation.status(database, keys) if key.key_id == key_id]
    kinds = ("subjects", "fields", "emails", "accounts", "displays")
    return {kind: number for kind in kinds if (number := getattr(found, kind))}


def rows(database: Database, table: Any) -> list[Any]:
    with database.session(read_only=True) as session:
        found: list[Any] = session.execute(select(table).order_by(table.c.id)).all()
    return found


def opened(database: Database, keys: Keys) -> list[tuple[str, str, str, str]]:
    """Everything that is sealed, in clear: (table, row id, column, text)."""
    found = []
    for contact in rows(database, model.contact):
        sealer = keys.subject(contact.wrapped_key, contact.id)
        with database.session(read_only=True) as session:
            for table, column in sealed.FIELDS:
                value = table.c[column].label("value")
                theirs = select(table.c.id, value).where(
                    sealed.of_person(table, contact.id), table.c[column].is_not(None)
                )
                for row in session.execute(theirs):
                    place = {"table": table.name, "row_id": row.id, "column": column}
                    found.append((table.name, row.id, column, sealer.open(row.value, **place)))
    return sorted(found)


def fill(database: Database, keys: Keys) -> list[str]:
    """Three sittings with a letter and an address to be confirmed; the numbers."""
    filed = [
        service(database, keys).file(
            filing(
                email=f"p{n}@example.org",
                account=Account("instagram", f"person{n}"),
                linked_accounts=(ANA_ON_FACEBOOK,),
                unlinked_accounts=(Account("facebook", f"shop.of.{n}"),),
                idempotency_key=f"fill-{n}",
            )
        )
        for n in range(3)
    ]
    for contact in rows(database, model.contact):
        seal_more(database, keys.subject(contact.wrapped_key, contact.id), contact.id)
    return [one.reference for of_one in filed for one in of_one.objections]


def seal_more(database: Database, sealer: Sealer, contact_id: str) -> None:
    """What other use cases seal for a person: the words of a decision, a new address."""
    decision_id, code_id = model.new_id(), model.new_id()
    new_email = sealer.seal(
        "new@example.org", table="verification", row_id=code_id, column="new_email"
    )
    words = sealer.seal("You are right.", table="decision", row_id=decision_id, column="text")
    theirs = model.objection.c.contact_id == contact_id
    with database.session() as session:
        objection_id = session.execute(select(model.objection.c.id).where(theirs)).scalars().first()
        outbox.put_code(
            session, "change", NOW, contact_id, new_email=new_email, verification_id=code_id
        )
        session.execute(
            insert(model.decision).values(
                id=decision_id,
                objection_id=objection_id,
                kind="upheld",
                text=words,
                decided_by="eve",
                decided_at=NOW,
            )
        )


def as_before_subjects(database: Database, keys: Keys) -> None:
    """Leave every row as it was made before migration 0006: sealed under a configured key."""
    for table_name, row_id, column, text in opened(database, keys):
        table = model.metadata.tables[table_name]
        again = keys.seal(text, table=table_name, row_id=row_id, column=column)
        with database.session() as session:
            session.execute(update(table).where(table.c.id == row_id).values({column: again}))
    with database.session() as session:
        session.execute(update(model.contact).values(wrapped_key=None))


def test_every_sealed_column_is_one_that_is_rotated_and_erased() -> None:
    columns = {
        (table.name, column.name)
        for table in model.metadata.tables.values()
        for column in table.c
        if isinstance(column.type, LargeBinary)
    }
    listed = {(table.name, column) for table, column in sealed.FIELDS}
    assert columns == {*listed, ("contact", "wrapped_key")}


def test_afterwards_everything_opens_with_the_new_key_alone(database: Database) -> None:
    references = fill(database, OLD_KEYS)
    before = opened(database, OLD_KEYS)
    assert {(table, column) for table, _, column, _ in before} == {
        (table.name, column) for table, column in sealed.FIELDS
    }
    done = rotated(database)
    assert (done.contacts, done.accounts, done.joined, done.unreadable) == (3, 7, 0, ())
    assert opened(database, NEW_ALONE) == before
    assert under(database, "k1") == {}
    assert under(database, "k2") == {"subjects": 3, "emails": 3, "accounts": 7}
    with_new = service(database, NEW_ALONE)
    assert [with_new.receipt(one).content["reference"] for one in references] == references


def test_indexes_afterwards_are_those_that_the_new_key_gives(database: Database) -> None:
    fill(database, OLD_KEYS)
    rotated(database)
    emails = {(row.email_key_id, row.email_index) for row in rows(database, model.contact)}
    expected = [NEW_ALONE.index("contact.email", f"p{n}@example.org") for n in range(3)]
    assert emails == {(index.key_id, index.digest) for index in expected}
    # Somebody who files for the same accounts with the new key alone finds the rows there are.
    service(database, NEW_ALONE).file(
        filing(account=Account("instagram", "person0"), linked_accounts=(ANA_ON_FACEBOOK,))
    )
    assert len(rows(database, model.account)) == 7


def test_a_second_run_finds_nothing_to_do_and_writes_no_event(database: Database) -> None:
    fill(database, OLD_KEYS)
    rotated(database)
    before = {table: rows(database, table) for table in (model.contact, model.account)}
    done = rotated(database)
    assert (done.contacts, done.accounts) == (0, 0)
    assert {table: rows(database, table) for table in (model.contact, model.account)} == before
    with database.session(read_only=True) as session:
        events = session.execute(
            select(model.audit_event).where(model.audit_event.c.action == "keys_rotated")
        ).all()
    (event,) = events
    assert (event.actor, json.loads(event.payload)) == ("system", {"contacts": 3, "key_id": "k2"})


def test_persons_from_before_there_were_keys_for_them_get_one(database: Database) -> None:
    references = fill(database, OLD_KEYS)
    before = opened(database, OLD_KEYS)
    as_before_subjects(database, OLD_KEYS)
    assert opened(database, OLD_KEYS) == before
    assert under(database, "k1")["fields"] == len(before)
    # Also without a new key.
    assert rotated(database, OLD_KEYS).contacts == 3
    assert under(database, "k1", OLD_KEYS) == {"subjects": 3, "emails": 3, "accounts": 7}
    assert opened(database, OLD_KEYS) == before
    assert service(database, OLD_KEYS).receipt(references[0]).content["reference"]


def test_persons_without_keys_come_under_a_new_key_at_once(database: Database) -> None:
    fill(database, OLD_KEYS)
    before = opened(database, OLD_KEYS)
    as_before_subjects(database, OLD_KEYS)
    rotated(database)
    assert opened(database, NEW_ALONE) == before
    assert under(database, "k1") == {}


def test_a_field_that_was_sealed_while_its_person_got_a_key_is_sealed_anew(
    database: Database,
) -> None:
    fill(database, OLD_KEYS)
    contact = rows(database, model.contact)[0]
    # As a process writes it that had read the row just before.
    seal_more(database, OLD_KEYS, contact.id)
    assert under(database, "k1")["fields"] == 2
    rotated(database)
    assert "fields" not in under(database, "k1")
    texts = [text for table, _, _, text in opened(database, NEW_ALONE) if table == "decision"]
    assert texts == ["You are right."] * 4


def test_an_account_that_only_erased_persons_named_keeps_its_hash_and_its_key(
    database: Database,
) -> None:
    fill(database, OLD_KEYS)
    gone = rows(database, model.contact)[0]
    covered = model.objection_account
    with database.session() as session:
        theirs = sealed.of_person(covered, gone.id)
        session.execute(update(covered).where(theirs).values(handle=None))
        session.execute(model.contact.delete().where(model.contact.c.id == gone.id))
    before = rows(database, model.account)
    done = rotated(database)
    # Of the three accounts of the first sitting, the others named one as well.
    assert (done.contacts, done.accounts, done.unreadable) == (2, 5, ())
    assert under(database, "k1") == {"accounts": 2}
    (old,) = [key for key in done.keys if key.key_id == "k1"]
    assert old.needed and old.configured and not old.current
    kept = [row for row in rows(database, model.account) if row.handle_key_id == "k1"]
    assert len(kept) == 2
    assert set(kept) <= set(before)


def test_what_no_configured_key_opens_is_left_and_told(database: Database) -> None:
    fill(database, OLD_KEYS)
    contact = rows(database, model.contact)[0]
    before = rows(database, model.contact)
    done = rotated(database, NEW_ALONE)
    assert set(done.unreadable) == {row.id for row in before}
    assert (done.contacts, done.accounts) == (0, 0)
    assert rows(database, model.contact) == before
    (missing,) = [key for key in done.keys if key.key_id == "k1"]
    assert missing.needed and not missing.configured
    # One damaged row keeps nobody else from being rotated.
    with database.session() as session:
        other = update(model.contact).where(model.contact.c.id == contact.id)
        session.execute(other.values(wrapped_key=before[1].wrapped_key))
    done = rotated(database)
    assert done.unreadable == (contact.id,)
    assert done.contacts == 2


def test_a_handle_that_was_moved_to_another_account_gives_it_no_new_hash(
    database: Database,
) -> None:
    service(database, OLD_KEYS).file(filing(linked_accounts=(SHOP,)))
    accounts, covered = rows(database, model.account), model.objection_account
    first, second = rows(database, covered)
    with database.session() as session:
        # So that nobody else names the second account, and the first one's handle says it.
        session.execute(covered.delete().where(covered.c.id == second.id))
        session.execute(
            update(covered).where(covered.c.id == first.id).values(account_id=second.account_id)
        )
    assert rotated(database).accounts == 0
    assert rows(database, model.account) == accounts


# --- two rows for one account


def test_two_rows_of_one_account_become_one(database: Database) -> None:
    """Processes with the same keys find each other's rows; with different ones they need not."""
    filed = service(database, OLD_KEYS).file(filing(linked_accounts=(OLD,)))
    apart = service(database, NEW_ALONE).file(filing(email="b@example.org", idempotency_key="b"))
    ana = [row for row in rows(database, model.account) if row.platform == "instagram"]
    assert len(ana) == 3
    covered = rows(database, model.objection_account)
    assert [row.active for row in covered] == [True, True, True]
    done = rotated(database)
    assert (done.joined, done.accounts) == (1, 2)
    assert len(rows(database, model.account)) == 2
    # The first stands for the account, and both hold it.
    ids = {row.id: row.reference for row in rows(database, model.objection)}
    of_one: dict[str, list[Any]] = {}
    for row in rows(database, model.objection_account):
        of_one.setdefault(row.account_id, []).append(row)
    (shared,) = [both for both in of_one.values() if len(both) == 2]
    assert {row.exclusion_state for row in shared} == {"hold"}
    (active,) = [ids[row.objection_id] for row in shared if row.active]
    assert active in (filed.objections[0].reference, apart.objections[0].reference)
    assert under(database, "k1") == {}
    assert {row.account_id for row in rows(database, model.center_link)} == set(of_one)
    assert len(opened(database, NEW_ALONE)) == 3 + 2 + 4 + 2


def test_processes_that_all_have_both_keys_never_make_two_rows(database: Database) -> None:
    service(database, OLD_KEYS).file(filing())
    # The key is first in one process already, and second in another.
    service(database, NEW_KEYS).file(filing(idempotency_key="b"))
    service(database, Keys.parse(f"{KEY_1},{KEY_2}")).file(filing(idempotency_key="c"))
    assert len(rows(database, model.account)) == 1


def test_joining_knows_every_table_that_points_at_an_account() -> None:
    pointing = {
        table.name
        for table in model.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table is model.account
    }
    assert pointing == {"objection_account", "center_link"}


# --- while people go on


def test_rotation_under_load_loses_nothing(database: Database) -> None:
    references = fill(database, OLD_KEYS)
    as_before_subjects(database, OLD_KEYS)
    # Some with a key of their own already.
    for n in range(60):
        filed = service(database, OLD_KEYS).file(
            filing(
                full_name=f"Person Number {chr(65 + n % 26)}",
                account=Account("instagram", f"early{n}"),
                linked_accounts=(ANA,),
                idempotency_key=f"early-{n}",
            )
        )
        references.append(filed.objections[0].reference)
    lock, over, problems = threading.Lock(), threading.Event(), []
    again: list[str] = []
    told: dict[str, tuple[Account, ...]] = {}
    taken_back: set[str] = set()

    def patiently(work: Callable[[], T]) -> T:
        # As people do who are told that nothing was saved.
        for _ in range(5):
            time.sleep(0.02)
            try:
                return work()
            except StorageError:
                again.append("")
        return work()

    def people(number: int) -> None:
        live, n = service(database, NEW_KEYS), 0
        try:
            while not over.is_set() or n < 5:
                n += 1
                name = f"late{number}x{n}"
                mine = filing(
                    account=Account("instagram", name),
                    linked_accounts=(ANA, SHOP),
                    idempotency_key=name,
                )
                (one,) = patiently(partial(live.file, mine)).objections
                with lock:
                    told[one.reference] = one.accounts
                for reference in (one.reference, references[(number * 31 + n) % len(references)]):
                    receipt = live.receipt(reference)
                    assert receipt.content["reference"] == reference
                if n % 2:
                    patiently(partial(live.withdraw, [one.reference], "chat"))
                    with lock:
                        taken_back.add(one.reference)
                if n % 3 == 0:
                    old = references[(number * 17 + n) % len(references)]
                    patiently(partial(live.withdraw, [old], "chat"))
                    with lock:
                        taken_back.add(old)
        except Exception as error:
            problems.append(error)

    with ThreadPoolExecutor(5) as pool:
        for number in range(4):
            pool.submit(people, number)
        time.sleep(0.2)
        done = pool.submit(rotated, database).result()
        over.set()
    assert problems == []
    # SQLite lets writers wait in no order, and on a busy machine one of them too long.
    assert database.engine.dialect.name == "sqlite" or again == []
    assert done.contacts == 63
    assert done.unreadable == ()
    assert under(database, "k1") == {}
    alone = service(database, NEW_ALONE)
    for reference in references:
        assert alone.receipt(reference).content["reference"] == reference
    for reference, accounts in told.items():
        said = alone.receipt(reference).content["accounts"]
        assert [one["handle"] for one in said] == [account.handle for account in accounts]
    states = {row.reference: row.case_status for row in rows(database, model.objection)}
    assert {one for one, state in states.items() if state == "withdrawn"} == taken_back
    covered = rows(database, model.objection_account)
    standing = {row.account_id for row in covered if row.exclusion_state == "hold"}
    assert sorted(row.account_id for row in covered if row.active) == sorted(standing)
    # One row an account, 7 + 60 + Ana's and the shop's and theirs: nobody was looked past.
    assert len(rows(database, model.account)) == 69 + len(told)


def test_two_rotations_at_once_do_it_once(database: Database) -> None:
    fill(database, OLD_KEYS)
    as_before_subjects(database, OLD_KEYS)
    before = opened(database, OLD_KEYS)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: rotated(database), range(2)))
    assert sum(done.accounts for done in both) == 7
    assert opened(database, NEW_ALONE) == before
    assert under(database, "k1") == {}


KILLED = """
import os, signal, sys
from contextlib import contextmanager
from datetime import datetime, timezone
from bot.objections import rotation
from bot.objections.crypto import Keys
from bot.objections.db import Database

rotation._BATCH = 2
left = int(sys.argv[3])

class Doomed(Database):
    @contextmanager
    def session(self, *, read_only=False):
        global left
        with super().session(read_only=read_only) as connection:
            yield connection
            left -= not read_only
            if left < 0:
                # In the middle of a transaction, after some that are done.
                os.kill(os.getpid(), signal.SIGKILL)

rotation.rotate(Doomed(sys.argv[1]), Keys.parse(sys.argv[2]), lambda: datetime.now(timezone.utc))
"""


@pytest.mark.parametrize("transactions", [0, 1, 3, 5])
def test_after_being_killed_in_the_middle_it_goes_on(
    database: Database, url: str, transactions: int
) -> None:
    fill(database, OLD_KEYS)
    service(database, OLD_KEYS).file(filing(idempotency_key="older"))
    before = opened(database, OLD_KEYS)
    arguments = [url, f"{KEY_2},{KEY_1}", str(transactions)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments], cwd=ROOT, env={"PATH": os.environ["PATH"]}
    )
    assert killed.returncode == -signal.SIGKILL
    # Nothing is lost while it stands still.
    assert opened(database, NEW_KEYS) == before
    done = rotated(database)
    # What was done in a transaction that ended is not done again.
    assert (done.contacts == 4) == (transactions == 0)
    assert opened(database, NEW_ALONE) == before
    assert under(database, "k1") == {}


def test_a_database_that_breaks_is_a_storage_error(database: Database) -> None:
    fill(database, OLD_KEYS)
    with database.session() as session:
        session.exec_driver_sql("ALTER TABLE account RENAME TO elsewhere")
    with pytest.raises(StorageError):
        rotated(database)


def test_what_was_shown_in_conversations_is_counted(database: Database) -> None:
    fill(database, OLD_KEYS)
    notice_id = rows(database, model.notice)[0].id
    index = OLD_KEYS.index("conversation", "c1")
    with database.session() as session:
        session.execute(
            insert(model.notice_display).values(
                id=model.new_id(),
                notice_id=notice_id,
                conversation_index=index.digest,
                conversation_key_id=index.key_id,
                shown_at=NOW - timedelta(days=1),
            )
        )
    (old,) = [key for key in rotated(database).keys if key.key_id == "k1"]
    assert (old.displays, old.needed) == (1, False)
