"""Cases whole, and exports of many."""

from __future__ import annotations

import json
import tracemalloc
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from bot.objections import model, outbox
from bot.objections.casebook import BATCH, CaseReader, exported
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.decisions import Decisions
from bot.objections.errors import FieldError, UnknownReference
from bot.objections.exports import note_export
from bot.objections.listing import Filter
from bot.objections.service import ObjectionService
from tests.unit.objections.examples import ANA_ON_FACEBOOK, ISSUER, SHOP, filing

KEYS = Keys([("k1", bytes(32))])
OTHER = Keys([("k2", bytes(range(32)))])
NOW = datetime(2024, 11, 25, 9, 30, tzinfo=timezone.utc)
ALL = Filter(NOW.date(), statuses=model.CASE_STATUSES)


def file(database: Database, at: datetime = NOW, **changes: Any) -> list[str]:
    service = ObjectionService(database, KEYS, ISSUER, clock=lambda: at)
    filed = service.file(filing(**{"idempotency_key": model.new_id(), **changes}))
    return [one.reference for one in filed.objections]


def decisions(database: Database) -> Decisions:
    return Decisions(database, KEYS, "controller", clock=lambda: NOW)


def id_of(database: Database, reference: str) -> str:
    with database.session(read_only=True) as session:
        found = select(model.objection.c.id).where(model.objection.c.reference == reference)
        return str(session.execute(found).scalar_one())


def test_a_case_has_everything_that_its_person_told(database: Database) -> None:
    first, shop = file(
        database, linked_accounts=(ANA_ON_FACEBOOK,), unlinked_accounts=(SHOP,)
    )
    case = CaseReader(database, KEYS).case(first.lower())
    assert (case.full_name, case.email) == ("Ana Silva", "ana@example.org")
    assert case.reason == "My children are in my photos."
    assert (case.country, case.case_status, case.taken_by) == ("PT", "received", None)
    assert [(one.platform, one.handle, one.basis) for one in case.accounts] == [
        ("instagram", "ana.s", "named"), ("facebook", "ana.silva", "center"),
    ]
    assert all(one.active and one.exclusion_state == "hold" for one in case.accounts)
    assert (case.erased, case.unreadable, case.proposal) == (False, (), None)
    assert [one.action for one in case.history] == ["objection_filed"]
    # The code is sent once, for the first objection of a sitting.
    assert [(mail.kind, mail.state) for mail in case.mails] == [("code", "waiting")]
    other = CaseReader(database, KEYS).case(shop)
    assert [one.handle for one in other.accounts] == ["silva.flowers"]
    assert [one.objection_id for one in _events(database)] == [
        id_of(database, first), id_of(database, shop),
    ]
    assert len(other.history) == 1


def _events(database: Database) -> list[Any]:
    with database.session(read_only=True) as session:
        table = model.audit_event
        rows: list[Any] = session.execute(select(table).order_by(table.c.number)).all()
    return rows


def test_a_case_has_what_was_decided_and_mailed_and_who_else_named_its_account(
    database: Database,
) -> None:
    (stranger,) = file(database, NOW - timedelta(days=1), email="eve@example.org")
    (reference,) = file(database)
    use = decisions(database)
    use.take(reference, "ana")
    use.propose_refusal(reference, "ana", "legal_claims", "For a claim in court.")
    reader = CaseReader(database, KEYS)
    proposal = reader.case(reference).proposal
    assert proposal is not None
    assert (proposal.text, proposal.decided_by) == ("For a claim in court.", "ana")
    use.confirm_refusal(reference, "ben")
    with database.session() as session:
        sent, failed = outbox.take(session, NOW, 3)[:2]
        outbox.note_sent(session, sent.id, NOW)
        outbox.note_failure(session, failed, NOW, "refused", final=True)
    case = reader.case(reference)
    assert case.proposal is None
    (decided,) = case.decisions
    assert (decided.ground, decided.confirmed_by, decided.waits) == ("legal_claims", "ben", False)
    assert [event.actor for event in case.history] == [
        "person", "operator:ana", "operator:ana", "operator:ben",
    ]
    assert [(r.reference, r.case_status, r.verified, r.earlier) for r in case.related] == [
        (stranger, "received", False, True)
    ]
    assert [one.active for one in case.accounts] == [False]
    theirs = reader.case(stranger)
    assert [(r.reference, r.earlier) for r in theirs.related] == [(reference, False)]
    states = {mail.state for one in (case, theirs) for mail in one.mails}
    assert states == {"sent", "failed", "waiting"}
    assert {mail.kind for mail in case.mails} == {"code", "refused"}


def test_who_was_erased_is_gone_from_their_case(database: Database) -> None:
    (reference,) = file(database)
    with database.session() as session:
        # As an erasure does it: what they told goes, what keeps the objection honoured stays.
        session.execute(delete(model.contact))
        session.execute(update(model.objection).values(reason=None))
        session.execute(update(model.objection_account).values(handle=None))
    case = CaseReader(database, KEYS).case(reference)
    assert (case.erased, case.unreadable) == (True, ())
    assert (case.full_name, case.email, case.reason) == (None, None, None)
    assert [(one.handle, one.exclusion_state) for one in case.accounts] == [(None, "hold")]
    assert case.mails == ()


def test_what_does_not_open_is_named_and_stops_nothing_else(database: Database) -> None:
    (reference,) = file(database)
    case = CaseReader(database, OTHER).case(reference)
    assert case.unreadable == ("full_name", "email", "reason", "handle")
    assert (case.full_name, case.country) == (None, "PT")
    with database.session() as session:
        session.execute(update(model.objection).values(reason=b"\x02damaged"))
    assert CaseReader(database, KEYS).case(reference).unreadable == ("reason",)
    assert [one.unreadable for one in CaseReader(database, KEYS).cases(ALL)] == [("reason",)]


def test_what_is_no_number_and_what_nobody_has(database: Database) -> None:
    reader = CaseReader(database, KEYS)
    with pytest.raises(FieldError):
        reader.case("OBJ-1")
    with pytest.raises(UnknownReference):
        reader.case("OBJ-0000-0000-0000-0001-1")


def test_a_case_shows_nothing_personal_in_a_log(database: Database) -> None:
    (reference,) = file(database)
    shown = repr(CaseReader(database, KEYS).case(reference))
    assert reference in shown
    for personal in ("Ana", "ana@", "ana.s", "children"):
        assert personal not in shown


def test_an_export_has_each_case_that_fits_with_its_own_accounts(database: Database) -> None:
    numbers = {
        file(database, account=account, linked_accounts=linked)[0]: handles
        for account, linked, handles in (
            (ANA_ON_FACEBOOK, (SHOP,), ["ana.silva", "silva.flowers"]),
            (SHOP, (), ["silva.flowers"]),
        )
    }
    (taken,) = file(database, country="DE")
    decisions(database).take(taken, "ana")
    reader = CaseReader(database, KEYS)
    rows = [exported(case) for case in reader.cases(ALL)]
    assert json.loads(json.dumps(rows)) == rows
    handles = {row["reference"]: [one["handle"] for one in row["accounts"]] for row in rows}
    assert handles == {**numbers, taken: ["ana.s"]}
    some = reader.cases(Filter(NOW.date(), statuses=("in_review",), country="DE"))
    assert [one.reference for one in some] == [taken]


def test_an_export_is_of_one_moment(database: Database) -> None:
    first, second = file(database, unlinked_accounts=(SHOP,))
    cases = CaseReader(database, KEYS).cases(ALL)
    met = [next(cases).reference]
    decisions(database).take(second if met == [first] else first, "ana")
    file(database)
    rest = list(cases)
    assert sorted([*met, *(one.reference for one in rest)]) == sorted([first, second])
    assert {one.case_status for one in rest} == {"received"}


def copies(database: Database, reference: str, count: int) -> None:
    """More cases like this one, of the same person, without the time that filing takes."""
    with database.session() as session:
        objection, covered = (
            session.execute(select(table)).mappings().first()
            for table in (model.objection, model.objection_account)
        )
        for table, row, changes in (
            (model.objection, objection, ("id", "reference", "idempotency_key", "batch_id")),
            (model.objection_account, covered, ("id", "objection_id")),
        ):
            session.execute(
                insert(table),
                [
                    {
                        **row,
                        **dict.fromkeys(changes, f"copy-{number}"),
                        **({"active": False} if "active" in row else {}),
                    }
                    for number in range(count)
                ],
            )
    assert objection["reference"] == reference


def test_an_export_of_thousands_has_about_one_batch_in_memory(database: Database) -> None:
    (reference,) = file(database)
    copies(database, reference, 6 * BATCH)
    reader = CaseReader(database, KEYS)

    def peak(wanted: Filter) -> tuple[int, int]:
        tracemalloc.start()
        count = sum(1 for _ in reader.cases(wanted))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return count, most

    with database.session() as session:
        number = model.objection.c.reference
        few = [f"copy-{n}" for n in range(BATCH)]
        session.execute(
            update(model.objection).where(number.in_(few)).values(case_status="in_review")
        )
    peak(Filter(NOW.date(), statuses=("in_review",)))  # what is made once is not counted
    one_batch = peak(Filter(NOW.date(), statuses=("in_review",)))
    all_of_them = peak(ALL)
    assert one_batch[0] == BATCH
    assert all_of_them[0] == 6 * BATCH + 1
    assert all_of_them[1] < 2.5 * one_batch[1]


@pytest.mark.parametrize(
    ("count", "events"),
    [(0, [0]), (7, [7]), (999_999, [999_999]), (2_000_000, [999_999, 999_999, 2])],
)
def test_an_export_is_in_the_audit_log_whatever_its_size(
    database: Database, count: int, events: list[int]
) -> None:
    note_export(database, "ana", count, NOW)
    logged = _events(database)
    assert [json.loads(one.payload) for one in logged] == [{"objections": n} for n in events]
    assert {(one.actor, one.action) for one in logged} == {("operator:ana", "record_exported")}
