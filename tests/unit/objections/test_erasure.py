"""After an erasure nobody reads anything of the person, and their objection still counts."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.objections import cases, erasure, model, outbox, sealed
from bot.objections.audit import Verified, verify
from bot.objections.crypto import Keys, SubjectKey, Unreadable
from bot.objections.db import Conflict, Database
from bot.objections.errors import FieldError, UnknownReference
from bot.objections.references import new_reference
from bot.objections.service import Filed, ObjectionService
from tests.unit.objections.examples import ANA, ANA_ON_FACEBOOK, ISSUER, SHOP, filing
from tests.unit.objections.test_rotation import KEY_1, NOW, opened, rows, seal_more

KEYS = Keys.parse(KEY_1)
LATER = NOW + timedelta(days=3)


@pytest.fixture
def service(database: Database) -> ObjectionService:
    return ObjectionService(database, KEYS, ISSUER, clock=lambda: NOW)


@pytest.fixture
def filed(service: ObjectionService, database: Database) -> Filed:
    """Ana's sitting with two objections, a letter and a code that waits."""
    filed = service.file(filing(linked_accounts=(ANA_ON_FACEBOOK,), unlinked_accounts=(SHOP,)))
    contact = contact_of(database, filed)
    seal_more(database, KEYS.subject(contact.wrapped_key, contact.id), contact.id)
    return filed


@pytest.fixture
def other(service: ObjectionService, filed: Filed) -> Filed:
    """Somebody else, who names one of Ana's accounts too."""
    return service.file(
        filing(full_name="Ben Moor", email="ben@example.org", linked_accounts=(SHOP,),
               idempotency_key="ben")
    )


def contact_of(database: Database, filed: Filed) -> Any:
    """The row of the person who filed it."""
    numbers = [one.reference for one in filed.objections]
    theirs = select(model.objection.c.contact_id).where(model.objection.c.reference.in_(numbers))
    with database.session(read_only=True) as session:
        return session.execute(select(model.contact).where(model.contact.c.id.in_(theirs))).one()


def erase(database: Database, reference: str, actor: str = "operator:eve") -> int:
    sitting = erasure.sitting(database, reference)
    assert sitting.contact_id is not None
    return erasure.erase(database, sitting.contact_id, actor, LATER)


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as plain values."""
    dump = {}
    for name, table in model.metadata.tables.items():
        with database.session(read_only=True) as session:
            found = session.execute(select(table)).all()
        dump[name] = [
            tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in found
        ]
    return dump


def test_what_was_sealed_is_gone_and_the_objection_stays(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    before = everything(database)
    references = [one.reference for one in filed.objections]
    # By any of the numbers of the sitting.
    assert erase(database, references[1]) == 2
    for table, column in sealed.FIELDS:
        assert {row._mapping[column] for row in rows(database, table)} <= {None}
    for table in (model.contact, model.verification, model.outbox):
        assert rows(database, table) == []
    assert {row.signature for row in rows(database, model.receipt)} == {""}
    # What makes it count is as it was.
    assert everything(database)["account"] == before["account"]
    assert everything(database)["center_link"] == before["center_link"]
    covered = rows(database, model.objection_account)
    assert [(row.exclusion_state, row.active) for row in covered] == [("hold", True)] * 3
    for reference in references:
        assert service.status(reference).case_status == "received"
        with pytest.raises(UnknownReference):
            service.receipt(reference)
    repeated = service.file(filing())
    assert [one.reference for one in repeated.objections] == references
    assert {one.accounts for one in repeated.objections} == {()}


def test_somebody_else_keeps_everything(
    service: ObjectionService, database: Database, filed: Filed, other: Filed
) -> None:
    ben = contact_of(database, other)
    bens = [row for row in opened(database, KEYS) if _is_of(database, ben.id, row)]
    assert len(bens) == 2 + 1 + 2 + 1
    erase(database, filed.objections[0].reference)
    assert opened(database, KEYS) == bens
    receipt = service.receipt(other.objections[0].reference)
    assert receipt.content["person"]["full_name"] == "Ben Moor"


def _is_of(database: Database, contact_id: str, row: tuple[str, str, str, str]) -> bool:
    table = model.metadata.tables[row[0]]
    with database.session(read_only=True) as session:
        theirs = select(table.c.id).where(sealed.of_person(table, contact_id))
        return row[1] in session.execute(theirs).scalars().all()


def test_the_account_is_still_the_same_account_afterwards(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    erase(database, filed.objections[0].reference)
    again = service.file(filing(account=ANA, idempotency_key="again"))
    assert len(rows(database, model.account)) == 3
    (relation,) = rows(database, model.relation)
    numbers = {row.id: row.reference for row in rows(database, model.objection)}
    assert numbers[relation.objection_id] == again.objections[0].reference
    assert numbers[relation.earlier_id] == filed.objections[0].reference


def test_an_old_copy_without_the_contact_opens_with_no_key(
    database: Database, filed: Filed, other: Filed
) -> None:
    """Neither the configured keys, nor another person's, nor the direct form."""
    contact, ben = contact_of(database, filed), contact_of(database, other)
    copy = []
    for table, column in sealed.FIELDS:
        if table is model.contact:
            continue
        with database.session(read_only=True) as session:
            theirs = select(table.c.id, table.c[column].label("value")).where(
                sealed.of_person(table, contact.id), table.c[column].is_not(None)
            )
            copy += [(table.name, row.id, column, bytes(row.value))
                     for row in session.execute(theirs)]
    assert {name for name, *_ in copy} == {
        "objection", "objection_account", "receipt", "decision", "verification"
    }
    theirs = KEYS.subject(contact.wrapped_key, contact.id)
    sealers = (KEYS, KEYS.subject(ben.wrapped_key, ben.id), SubjectKey(bytes(32)))
    for name, row_id, column, value in copy:
        place = {"table": name, "row_id": row_id, "column": column}
        assert theirs.open(value, **place)
        for sealer in sealers:
            with pytest.raises(Unreadable):
                sealer.open(value, **place)
    # And their key is nowhere in the database afterwards.
    erase(database, filed.objections[0].reference)
    wrapped = bytes(contact.wrapped_key)
    assert not any(wrapped in row for table in everything(database).values() for row in table)


def test_the_event_names_who_did_it_and_nobody_else(database: Database, filed: Filed) -> None:
    ids = [row.id for row in rows(database, model.objection) if row.batch_position == 0]
    erase(database, filed.objections[1].reference)
    with database.session(read_only=True) as session:
        number = model.audit_event.c.number.desc()
        event = session.execute(select(model.audit_event).order_by(number)).first()
    assert event is not None
    assert (event.actor, event.action) == ("operator:eve", "person_erased")
    assert json.loads(event.payload) == {"objections": 2}
    assert event.objection_id == ids[0]
    assert isinstance(verify(database), Verified)


def test_erasing_twice_does_it_once(database: Database, filed: Filed) -> None:
    reference = filed.objections[0].reference
    contact_id = erasure.sitting(database, reference).contact_id
    assert contact_id is not None
    with ThreadPoolExecutor(4) as pool:
        done = list(
            pool.map(lambda _: erasure.erase(database, contact_id, "system", LATER), range(4))
        )
    assert sorted(done) == [0, 0, 0, 2]
    assert erasure.sitting(database, reference).contact_id is None
    events = select(model.audit_event).where(model.audit_event.c.action == "person_erased")
    with database.session(read_only=True) as session:
        assert len(session.execute(events).all()) == 1


def test_a_sitting_says_what_is_open_and_whether_copies_stay_readable(
    service: ObjectionService, database: Database, filed: Filed
) -> None:
    first, second = (one.reference for one in filed.objections)
    assert erasure.sitting(database, second.lower()).references == (first, second)
    assert erasure.sitting(database, second).open == (first, second)
    service.withdraw([first], "chat")
    assert erasure.sitting(database, second).open == (second,)
    assert not erasure.sitting(database, second).keyless
    with database.session() as session:
        session.execute(update(model.contact).values(wrapped_key=None))
    assert erasure.sitting(database, second).keyless


def test_no_number_and_a_number_of_nobody_are_told_apart(database: Database) -> None:
    with pytest.raises(FieldError):
        erasure.sitting(database, "OBJ-1")
    with pytest.raises(UnknownReference):
        erasure.sitting(database, new_reference())


def test_people_who_take_back_and_confirm_meanwhile_hold_up_nothing(
    service: ObjectionService, database: Database
) -> None:
    """Every order of locks that others take: none of them waits in a circle for ever."""
    filed = [
        service.file(filing(account=ANA, linked_accounts=(SHOP,), idempotency_key=f"k{n}"))
        for n in range(12)
    ]
    contacts = [
        erasure.sitting(database, one.objections[0].reference).contact_id for one in filed
    ]

    def confirm(contact_id: str) -> None:
        with database.session() as session:
            if cases.confirm(session, contact_id, LATER):
                outbox.put(session, "receipt", LATER, contact_id)

    with ThreadPoolExecutor(6) as pool:
        work = []
        for contact_id, one in zip(contacts, filed, strict=True):
            assert contact_id is not None
            reference = one.objections[0].reference
            work.append(pool.submit(service.withdraw, [reference], "chat"))
            work.append(pool.submit(confirm, contact_id))
            work.append(pool.submit(erasure.erase, database, contact_id, "system", LATER))
            work.append(pool.submit(service.receipt, reference))
        for one_of_all in work:
            error = one_of_all.exception()
            # Who asked for a receipt too late has none, nor is an address confirmed that is gone.
            assert error is None or isinstance(error, (UnknownReference, Conflict))
    assert rows(database, model.contact) == []
    assert {row.case_status for row in rows(database, model.objection)} == {"withdrawn"}
    assert not any(row.active for row in rows(database, model.objection_account))


def test_the_file_holds_nothing_of_them_any_more(sqlite_database: Database, tmp_path: Path) -> None:
    """Not even sealed, and not in the write-ahead log either."""
    service = ObjectionService(sqlite_database, KEYS, ISSUER, clock=lambda: NOW)
    filed = service.file(filing(linked_accounts=(ANA_ON_FACEBOOK,)))
    contact = contact_of(sqlite_database, filed)
    values = [bytes(contact.wrapped_key), bytes(contact.full_name), bytes(contact.email),
              contact.email_index.encode()]
    for table, column in sealed.FIELDS[2:5]:
        values += [bytes(getattr(row, column)) for row in rows(sqlite_database, table)]
    values += [row.signature.encode() for row in rows(sqlite_database, model.receipt)]

    def on_disk() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.glob("only.db*"))

    # A long one is spread over pages, so its beginning has to do.
    assert all(value[:60] in on_disk() for value in values)
    erase(sqlite_database, filed.objections[0].reference)
    assert [value for value in values if value[:60] in on_disk()] == []
