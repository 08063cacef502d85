"""Moving cases, and which of several objections for one account is the active one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bot.objections import cases, model, states
from bot.objections.db import Database
from bot.objections.errors import MoveRefused, UnknownReference
from bot.objections.service import ObjectionService
from tests.unit.objections.examples import ANA, ANA_ON_FACEBOOK, ISSUER, SHOP, filing
from tests.unit.objections.mailing import KEYS, NOW, rows


@pytest.fixture
def service(database: Database) -> ObjectionService:
    return ObjectionService(database, KEYS, ISSUER)


def id_of(database: Database, reference: str) -> str:
    (found,) = [o.id for o in rows(database, model.objection) if o.reference == reference]
    return str(found)


def contact_of(database: Database, reference: str) -> str:
    (found,) = [o for o in rows(database, model.objection) if o.reference == reference]
    return str(found.contact_id)


def active(database: Database) -> list[str]:
    """The numbers of the objections that are active for an account."""
    numbers = {o.id: o.reference for o in rows(database, model.objection)}
    covered = rows(database, model.objection_account)
    return sorted(numbers[row.objection_id] for row in covered if row.active)


def test_every_move_that_is_not_listed_is_refused() -> None:
    for now in model.CASE_STATUSES:
        for to in model.CASE_STATUSES:
            if to in states.MOVES[now]:
                states.check_move(now, to)
            else:
                with pytest.raises(MoveRefused):
                    states.check_move(now, to)
    assert all("withdrawn" in states.MOVES[one] for one in states.MOVES if one != "withdrawn")


def test_a_move_of_no_case_is_an_error(database: Database) -> None:
    with pytest.raises(UnknownReference), database.session() as session:
        cases.move(session, "0" * 32, "in_review", NOW)


def test_a_stranger_who_files_first_does_not_keep_the_owner_from_being_covered(
    service: ObjectionService, database: Database
) -> None:
    stranger = service.file(filing(email="eve@example.org", idempotency_key="eve"))
    owner = service.file(filing(idempotency_key="ana"))
    (eve,), (ana,) = stranger.objections, owner.objections
    assert ana.reference != eve.reference
    # Both hold the account, one of them stands for it.
    assert active(database) == [eve.reference]
    assert {row.exclusion_state for row in rows(database, model.objection_account)} == {"hold"}
    (relation,) = rows(database, model.relation)
    assert relation.objection_id == id_of(database, ana.reference)
    assert relation.earlier_id == id_of(database, eve.reference)
    # Once the owner's address is confirmed, theirs stands for it; the stranger loses nothing else.
    with database.session() as session:
        cases.confirm(session, contact_of(database, ana.reference), NOW)
    assert active(database) == [ana.reference]
    # The stranger cannot take it back for them.
    service.withdraw([eve.reference], "chat")
    assert active(database) == [ana.reference]
    covered = rows(database, model.objection_account)
    held = {row.objection_id: row.exclusion_state for row in covered}
    assert held[id_of(database, ana.reference)] == "hold"


def test_whoever_is_left_becomes_active_when_the_first_is_taken_back(
    service: ObjectionService, database: Database
) -> None:
    eve = service.file(filing(email="eve@example.org", idempotency_key="eve")).objections[0]
    ana = service.file(filing(idempotency_key="ana")).objections[0]
    service.withdraw([eve.reference], "chat")
    assert active(database) == [ana.reference]


def test_a_verified_one_is_not_moved_aside_by_another_verified_one(
    service: ObjectionService, database: Database
) -> None:
    first = service.file(filing(email="a@example.org", idempotency_key="1")).objections[0]
    second = service.file(filing(email="b@example.org", idempotency_key="2")).objections[0]
    for one in (first, second):
        with database.session() as session:
            done = cases.confirm(session, contact_of(database, one.reference), NOW)
        assert done == [id_of(database, one.reference)]
    assert active(database) == [first.reference]
    with database.session() as session:
        assert cases.confirm(session, contact_of(database, first.reference), NOW) == []


def test_a_hundred_threads_leave_exactly_one_active_objection(
    service: ObjectionService, database: Database
) -> None:
    def file(number: int) -> str:
        # Some of them name two accounts, in both orders.
        others = (ANA_ON_FACEBOOK,) if number % 3 == 0 else ()
        account, linked = (ANA, others) if number % 2 else ((*others, ANA)[0], (ANA,))
        one = filing(
            account=account, linked_accounts=linked, email=f"p{number % 7}@example.org",
            idempotency_key=f"key-{number}",
        )
        return service.file(one).objections[0].reference

    with ThreadPoolExecutor(max_workers=20) as pool:
        numbers = list(pool.map(file, range(100)))
    assert len(set(numbers)) == 100
    by_account: dict[str, int] = {}
    for row in rows(database, model.objection_account):
        assert row.exclusion_state == "hold"
        by_account[row.account_id] = by_account.get(row.account_id, 0) + bool(row.active)
    assert list(by_account.values()) == [1, 1]


class Life(RuleBasedStateMachine):
    """Any order of filings, codes, moves and refusals told, on a few accounts."""

    filed = Bundle("filed")
    made: Any = None  # () -> (Database, ObjectionService)

    def __init__(self) -> None:
        super().__init__()
        self.database, self.service = type(self).made()
        self.number = 0
        self.verified: set[str] = set()

    @rule(target=filed, account=st.sampled_from([ANA, SHOP]), email=st.sampled_from("ab"))
    def file(self, account: Any, email: str) -> str:
        self.number += 1
        one = filing(
            account=account, email=f"{email}@example.org", idempotency_key=f"key-{self.number}"
        )
        return self.service.file(one).objections[0].reference

    @rule(reference=filed)
    def confirm(self, reference: str) -> None:
        contact = contact_of(self.database, reference)
        with self.database.session() as session:
            cases.confirm(session, contact, NOW)
        self.verified.add(reference)

    @rule(reference=filed)
    def withdraw(self, reference: str) -> None:
        self.service.withdraw([reference], "chat")

    # Withdrawing has a rule of its own: the service does more than move the case.
    @rule(reference=filed, to=st.sampled_from([s for s in states.MOVES if s != "withdrawn"]))
    def move(self, reference: str, to: str) -> None:
        before = self.service.status(reference).case_status
        try:
            with self.database.session() as session:
                cases.move(session, id_of(self.database, reference), to, NOW)
        except MoveRefused:
            assert to not in states.MOVES[before]
            assert self.service.status(reference).case_status == before

    @rule(reference=filed)
    def tell_the_refusal(self, reference: str) -> None:
        if self.service.status(reference).case_status in ("refused", "not_matched"):
            with self.database.session() as session:
                cases.release(session, id_of(self.database, reference))

    @invariant()
    def no_forbidden_pair(self) -> None:
        objections = {o.id: o for o in rows(self.database, model.objection)}
        for row in rows(self.database, model.objection_account):
            case = objections[row.objection_id]
            assert row.exclusion_state in states.EXCLUSIONS[case.case_status]
            assert (case.closed_at is not None) == (case.case_status in states.CLOSED)

    @invariant()
    def verification_is_its_own_fact(self) -> None:
        for one in rows(self.database, model.objection):
            assert (one.verified_at is not None) == (one.reference in self.verified)

    @invariant()
    def one_active_for_each_account_that_anybody_covers(self) -> None:
        objections = {o.id: o for o in rows(self.database, model.objection)}
        by_account: dict[str, list[Any]] = {}
        for row in rows(self.database, model.objection_account):
            by_account.setdefault(row.account_id, []).append(row)
        for covered in by_account.values():
            standing = [row for row in covered if row.exclusion_state in ("hold", "excluded")]
            chosen = [row for row in covered if row.active]
            assert len(chosen) == bool(standing)
            verified = [row for row in standing if objections[row.objection_id].verified_at]
            # An unverified one never stands before a verified one.
            assert not verified or chosen[0] in verified


def test_no_order_of_events_reaches_a_forbidden_pair(database: Database) -> None:
    def made() -> tuple[Database, ObjectionService]:
        with database.session() as session:
            for table in reversed(model.metadata.sorted_tables):
                if table is not model.audit_event:  # append-only
                    session.execute(table.delete())
        moments = iter(NOW + timedelta(minutes=n) for n in range(10_000))
        return database, ObjectionService(database, KEYS, ISSUER, clock=lambda: next(moments))

    life = type("LifeHere", (Life,), {"made": staticmethod(made)})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
