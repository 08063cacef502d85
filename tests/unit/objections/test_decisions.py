"""What operators may do with a case, in which order, and what the person is told of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from bot.objections import audit, cases, model
from bot.objections.crypto import Keys
from bot.objections.db import Conflict, Database
from bot.objections.decisions import TEXT_MAX, Decisions, Done
from bot.objections.errors import (
    DecisionRefused,
    ExtensionRefused,
    FieldError,
    MoveRefused,
    ObjectionError,
    UnknownReference,
)
from bot.objections.service import ObjectionService
from tests.unit.objections.examples import ANA_ON_FACEBOOK, ISSUER, filing

KEYS = Keys([("k1", bytes(32))])
# In Portugal an answer to it is due on 26 December, because the 25th is a holiday; one month later
# on 27 January, because the 25th is a Saturday.
RECEIVED = datetime(2024, 11, 25, 9, 30, tzinfo=timezone.utc)
NOW = RECEIVED + timedelta(days=2)
DUE = date(2024, 12, 26)
WORDS = "We need these posts to defend a claim in court."


@pytest.fixture
def reference(database: Database) -> str:
    return file(database)


@pytest.fixture
def decisions(database: Database) -> Decisions:
    return deciding(database)


def deciding(database: Database, role: str = "controller", at: datetime = NOW) -> Decisions:
    return Decisions(database, KEYS, role, clock=lambda: at)


def file(database: Database, key: str = "key-1", **changes: Any) -> str:
    service = ObjectionService(database, KEYS, ISSUER, clock=lambda: RECEIVED)
    one = filing(linked_accounts=(ANA_ON_FACEBOOK,), idempotency_key=key, **changes)
    return service.file(one).objections[0].reference


def rows(database: Database, table: Any) -> list[Any]:
    with database.session(read_only=True) as session:
        found: list[Any] = session.execute(select(table)).all()
    return found


def case(database: Database, reference: str) -> Any:
    (found,) = [one for one in rows(database, model.objection) if one.reference == reference]
    return found


def events(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    """Who did what, after the filing."""
    listed = sorted(rows(database, model.audit_event), key=lambda event: event.number)
    return [
        (event.actor, event.action, json.loads(event.payload))
        for event in listed
        if event.action != "objection_filed"
    ]


def mails(database: Database) -> list[str]:
    """The kinds of mail that wait, after the code of the filing."""
    listed = sorted(rows(database, model.outbox), key=lambda mail: (mail.created_at, mail.kind))
    return [mail.kind for mail in listed if mail.kind != "code"]


def exclusions(database: Database) -> set[str]:
    return {row.exclusion_state for row in rows(database, model.objection_account)}


def everything(database: Database) -> list[Any]:
    """All that deciding may change."""
    tables = (
        model.objection, model.objection_account, model.decision, model.outbox, model.audit_event,
    )
    return [sorted(map(str, rows(database, table))) for table in tables]


def erase(database: Database) -> None:
    with database.session() as session:
        session.execute(delete(model.contact))


def words_of(database: Database, decided: Any) -> str:
    (contact,) = rows(database, model.contact)
    sealer = KEYS.subject(contact.wrapped_key, contact.id)
    return sealer.open(decided.text, table="decision", row_id=decided.id, column="text")


# --- taking


def test_a_case_that_is_taken_is_in_review_and_has_its_operator(
    database: Database, decisions: Decisions, reference: str
) -> None:
    assert decisions.take(reference.lower(), "ana") == Done(reference, "in_review", "ana", DUE)
    assert case(database, reference).taken_by == "ana"
    assert case(database, reference).case_status == "in_review"
    assert events(database) == [("operator:ana", "case_taken", {})]
    assert mails(database) == []
    assert exclusions(database) == {"hold"}


def test_taking_what_one_has_taken_writes_nothing(
    database: Database, decisions: Decisions, reference: str
) -> None:
    decisions.take(reference, "ana")
    before = everything(database)
    assert decisions.take(reference, "ana").again
    assert everything(database) == before


def test_what_another_operator_has_taken_is_theirs_until_it_is_taken_over(
    database: Database, decisions: Decisions, reference: str
) -> None:
    decisions.take(reference, "ana")
    before = everything(database)
    with pytest.raises(DecisionRefused) as refused:
        decisions.take(reference, "ben")
    assert refused.value.code == "case_taken"
    assert refused.value.sentence.startswith("ana has taken this objection.")
    for use in (decisions.uphold, decisions.not_matched):
        with pytest.raises(DecisionRefused, match="case_taken"):
            use(reference, "ben")
    with pytest.raises(DecisionRefused, match="case_taken"):
        decisions.propose_refusal(reference, "ben", "legal_claims", WORDS)
    with pytest.raises(DecisionRefused, match="case_taken"):
        decisions.extend(reference, "ben", 1, "Many came at once.")
    assert everything(database) == before
    assert decisions.take(reference, "ben", forced=True).taken_by == "ben"
    assert decisions.uphold(reference, "ben").case_status == "upheld"
    assert [who for who, _, _ in events(database)] == [
        "operator:ana", "operator:ben", "operator:ben",
    ]


def test_of_two_who_take_a_case_at_once_one_has_it(database: Database, reference: str) -> None:
    def take(name: str) -> str:
        try:
            return deciding(database).take(reference, name).taken_by or ""
        except DecisionRefused as error:
            return error.sentence

    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(take, [f"operator-{number}" for number in range(8)]))
    winner = case(database, reference).taken_by
    assert answers.count(winner) == 1
    assert all(a == winner or a.startswith(f"{winner} has taken") for a in answers)
    assert len(events(database)) == 1


# --- deciding


def test_what_is_upheld_is_excluded_and_the_person_is_told(
    database: Database, decisions: Decisions, reference: str
) -> None:
    decisions.take(reference, "ana")
    done = decisions.uphold(reference, "ana")
    assert (done.case_status, done.told) == ("upheld", True)
    assert exclusions(database) == {"excluded"}
    (decided,) = rows(database, model.decision)
    assert (decided.kind, decided.decided_by, decided.decided_at) == ("upheld", "ana", NOW)
    (mail,) = [mail for mail in rows(database, model.outbox) if mail.kind == "upheld"]
    assert mail.decision_id == decided.id
    assert mail.objection_id == case(database, reference).id
    assert events(database)[-1] == ("operator:ana", "case_upheld", {"accounts": 2})


def test_what_is_not_matched_stays_on_hold_and_the_person_is_told(
    database: Database, decisions: Decisions, reference: str
) -> None:
    decisions.take(reference, "ana")
    assert decisions.not_matched(reference, "ana").case_status == "not_matched"
    assert exclusions(database) == {"hold"}
    assert mails(database) == ["not_matched"]
    assert case(database, reference).closed_at == NOW
    assert events(database)[-1] == ("operator:ana", "case_not_matched", {"accounts": 2})


@pytest.mark.parametrize("use", ["uphold", "not_matched"])
def test_what_nobody_has_taken_is_not_decided(
    database: Database, decisions: Decisions, reference: str, use: str
) -> None:
    before = everything(database)
    with pytest.raises(MoveRefused, match="move_refused") as refused:
        getattr(decisions, use)(reference, "ana")
    assert "nobody has taken it yet" in refused.value.sentence
    with pytest.raises(MoveRefused):
        decisions.propose_refusal(reference, "ana", "legal_claims", WORDS)
    with pytest.raises(MoveRefused):
        decisions.confirm_refusal(reference, "ben")
    assert everything(database) == before


def test_what_is_decided_is_not_decided_again(
    database: Database, decisions: Decisions, reference: str
) -> None:
    decisions.take(reference, "ana")
    decisions.uphold(reference, "ana")
    before = everything(database)
    tries: list[Callable[[], Done]] = [
        lambda: decisions.take(reference, "ana"),
        lambda: decisions.take(reference, "ana", forced=True),
        lambda: decisions.uphold(reference, "ana"),
        lambda: decisions.not_matched(reference, "ana"),
        lambda: decisions.propose_refusal(reference, "ana", "legal_claims", WORDS),
        lambda: decisions.confirm_refusal(reference, "ben"),
        lambda: decisions.reopen(reference, "ana"),
        lambda: decisions.extend(reference, "ana", 1, "Many came at once."),
    ]
    for one in tries:
        with pytest.raises(ObjectionError) as refused:
            one()
        assert isinstance(refused.value, MoveRefused | DecisionRefused)
    assert everything(database) == before


def test_a_number_without_an_objection_and_what_is_no_number(decisions: Decisions) -> None:
    with pytest.raises(UnknownReference):
        decisions.take("OBJ-0000-0000-0000-0001-1", "ana")
    with pytest.raises(FieldError):
        decisions.take("OBJ-1", "ana")


# --- refusing


def test_a_refusal_counts_once_a_second_operator_has_confirmed_it(
    database: Database, decisions: Decisions, reference: str
) -> None:
    decisions.take(reference, "ana")
    assert decisions.propose_refusal(
        reference, "ana", "legal_claims", f"  {WORDS}\r\n"
    ) == Done(reference, "in_review", "ana", DUE)
    assert case(database, reference).case_status == "in_review"
    assert mails(database) == []
    (proposed,) = rows(database, model.decision)
    assert WORDS.encode() not in bytes(proposed.text)
    assert words_of(database, proposed) == WORDS
    done = decisions.confirm_refusal(reference, "ben", proposed.id)
    assert (done.case_status, done.told) == ("refused", True)
    (decided,) = rows(database, model.decision)
    assert (decided.decided_by, decided.confirmed_by, decided.confirmed_at) == ("ana", "ben", NOW)
    # The person is not told yet, so nothing is released.
    assert exclusions(database) == {"hold"}
    (mail,) = [mail for mail in rows(database, model.outbox) if mail.kind == "refused"]
    assert mail.decision_id == decided.id
    assert events(database)[1:] == [
        ("operator:ana", "refusal_proposed", {"ground": "legal_claims"}),
        ("operator:ben", "case_refused", {"accounts": 2, "ground": "legal_claims"}),
    ]
    assert isinstance(audit.verify(database), audit.Verified)


def test_words_that_nobody_could_open_are_not_written(database: Database, reference: str) -> None:
    deciding(database).take(reference, "ana")
    other = Decisions(database, Keys([("k2", bytes(32))]), "controller", clock=lambda: NOW)
    before = everything(database)
    with pytest.raises(DecisionRefused, match="key_missing"):
        other.propose_refusal(reference, "ana", "legal_claims", WORDS)
    assert everything(database) == before


def test_nobody_confirms_a_refusal_of_their_own(
    database: Database, decisions: Decisions, reference: str
) -> None:
    decisions.take(reference, "ana")
    decisions.propose_refusal(reference, "ana", "legal_claims", WORDS)
    before = everything(database)
    with pytest.raises(DecisionRefused, match="same_operator"):
        decisions.confirm_refusal(reference, "ana")
    # Nor past this program.
    same = update(model.decision).values(confirmed_by="ana", confirmed_at=NOW)
    with pytest.raises(Conflict), database.session() as session:
        session.execute(same)
    assert everything(database) == before


def test_without_a_proposal_there_is_nothing_to_confirm(
    database: Database, decisions: Decisions, reference: str
) -> None:
    decisions.take(reference, "ana")
    with pytest.raises(DecisionRefused, match="no_proposal"):
        decisions.confirm_refusal(reference, "ben")


def test_only_the_words_that_were_read_are_confirmed(
    database: Database, decisions: Decisions, reference: str
) -> None:
    decisions.take(reference, "ana")
    decisions.propose_refusal(reference, "ana", "legal_claims", WORDS)
    (read,) = rows(database, model.decision)
    decisions.propose_refusal(reference, "ana", "compelling_grounds", "Other words.")
    # The earlier proposal is gone, so one at most waits.
    (waiting,) = rows(database, model.decision)
    with pytest.raises(DecisionRefused, match="proposal_changed"):
        decisions.confirm_refusal(reference, "ben", read.id)
    decisions.confirm_refusal(reference, "ben", waiting.id)
    (decided,) = rows(database, model.decision)
    assert words_of(database, decided) == "Other words."


@pytest.mark.parametrize("way", ["uphold", "not_matched"])
def test_a_proposal_that_was_overtaken_is_gone(
    database: Database, decisions: Decisions, reference: str, way: str
) -> None:
    decisions.take(reference, "ana")
    decisions.propose_refusal(reference, "ana", "legal_claims", WORDS)
    getattr(decisions, way)(reference, "ana")
    assert [one.ground for one in rows(database, model.decision)] == [None]
    if way == "not_matched":
        decisions.reopen(reference, "ana")
        with pytest.raises(DecisionRefused, match="no_proposal"):
            decisions.confirm_refusal(reference, "ben")


@pytest.mark.parametrize(
    ("ground", "text", "code"),
    [
        ("because", WORDS, "ground_unknown"),
        ("legal_claims", " \n\t ", "text_missing"),
        ("legal_claims", "no " * TEXT_MAX, "text_too_long"),
    ],
)
def test_a_refusal_needs_a_ground_of_the_law_and_words(
    database: Database, decisions: Decisions, reference: str, ground: str, text: str, code: str
) -> None:
    decisions.take(reference, "ana")
    with pytest.raises(FieldError, match=code):
        decisions.propose_refusal(reference, "ana", ground, text)
    assert rows(database, model.decision) == []


def test_of_two_who_confirm_at_once_one_does_it(database: Database, reference: str) -> None:
    first = deciding(database)
    first.take(reference, "ana")
    first.propose_refusal(reference, "ana", "legal_claims", WORDS)

    def confirm(name: str) -> str:
        try:
            return deciding(database).confirm_refusal(reference, name).case_status
        except MoveRefused as error:
            return error.sentence

    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = list(pool.map(confirm, ["ben", "eve", "joe", "kim"]))
    assert sorted(answers) == [
        *["This objection is refused, so it cannot be refused."] * 3, "refused",
    ]
    assert mails(database) == ["refused"]


def test_who_was_erased_is_refused_nothing_because_nobody_can_be_told(
    database: Database, decisions: Decisions, reference: str
) -> None:
    decisions.take(reference, "ana")
    decisions.propose_refusal(reference, "ana", "legal_claims", WORDS)
    erase(database)
    before = everything(database)
    tries: list[Callable[[], Done]] = [
        lambda: decisions.propose_refusal(reference, "ana", "legal_claims", WORDS),
        lambda: decisions.confirm_refusal(reference, "ben"),
        lambda: decisions.not_matched(reference, "ana"),
        lambda: decisions.extend(reference, "ana", 1, "Many came at once."),
    ]
    for one in tries:
        with pytest.raises(DecisionRefused, match="person_erased"):
            one()
    assert everything(database) == before
    # What they asked for can be given to them all the same.
    done = decisions.uphold(reference, "ana")
    assert (done.case_status, done.told) == ("upheld", False)
    assert mails(database) == []


def test_after_an_appeal_the_case_is_in_review_again(
    database: Database, decisions: Decisions, reference: str
) -> None:
    decisions.take(reference, "ana")
    decisions.propose_refusal(reference, "ana", "legal_claims", WORDS)
    decisions.confirm_refusal(reference, "ben")
    with database.session() as session:
        cases.release(session, case(database, reference).id)
    done = decisions.reopen(reference, "eve")
    assert done == Done(reference, "in_review", "eve", DUE, told=True)
    assert exclusions(database) == {"hold"}
    assert case(database, reference).closed_at is None
    assert events(database)[-1] == ("operator:eve", "case_reopened", {"accounts": 2})
    assert mails(database) == ["refused", "reopened"]
    # And it can be decided otherwise.
    assert decisions.uphold(reference, "eve").case_status == "upheld"
    assert sorted(one.kind for one in rows(database, model.decision)) == [
        "refused", "reopened", "upheld",
    ]


def test_only_what_was_closed_against_the_person_is_reopened(
    decisions: Decisions, reference: str
) -> None:
    with pytest.raises(DecisionRefused, match="not_refused"):
        decisions.reopen(reference, "ana")
    decisions.take(reference, "ana")
    with pytest.raises(DecisionRefused, match="not_refused"):
        decisions.reopen(reference, "ana")


# --- putting an answer off


@pytest.mark.parametrize(("months", "due"), [(1, date(2025, 1, 27)), (2, date(2025, 2, 25))])
def test_an_answer_is_put_off_once_and_the_person_is_told_why(
    database: Database, decisions: Decisions, reference: str, months: int, due: date
) -> None:
    done = decisions.extend(reference, "ana", months, "Many came at once.")
    assert done == Done(reference, "received", None, due, told=True)
    assert case(database, reference).due_on == due
    (decided,) = rows(database, model.decision)
    assert (decided.kind, decided.due_before, decided.due_after) == ("extended", DUE, due)
    assert words_of(database, decided) == "Many came at once."
    assert mails(database) == ["extended"]
    dates = {"due_before": DUE.isoformat(), "due_after": due.isoformat()}
    assert events(database) == [("operator:ana", "answer_put_off", dates)]
    with pytest.raises(ExtensionRefused, match="extension_twice"):
        decisions.extend(reference, "ana", 1, "Still many.")
    assert mails(database) == ["extended"]


def test_an_answer_is_put_off_within_the_first_month_only(
    database: Database, reference: str
) -> None:
    last = datetime(2024, 12, 26, 23, 59, tzinfo=timezone.utc)
    before = everything(database)
    with pytest.raises(ExtensionRefused, match="extension_too_late"):
        deciding(database, at=last + timedelta(minutes=1)).extend(reference, "ana", 1, "Many.")
    assert everything(database) == before
    assert deciding(database, at=last).extend(reference, "ana", 1, "Many.").told


@pytest.mark.parametrize(
    ("months", "reason", "code"),
    [
        (0, "Many.", "extension_too_long"),
        (3, "Many.", "extension_too_long"),
        (1, "", "text_missing"),
        (1, "Many. " * TEXT_MAX, "text_too_long"),
    ],
)
def test_an_answer_is_put_off_by_two_months_at_most_and_never_without_a_reason(
    database: Database, decisions: Decisions, reference: str, months: int, reason: str, code: str
) -> None:
    before = everything(database)
    with pytest.raises(ObjectionError, match=code):
        decisions.extend(reference, "ana", months, reason)
    assert everything(database) == before


def test_of_two_who_put_an_answer_off_at_once_one_does_it(
    database: Database, reference: str
) -> None:
    def extend(name: str) -> str:
        try:
            return str(deciding(database).extend(reference, name, 1, "Many.").due_on)
        except ExtensionRefused as error:
            return error.code

    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = sorted(pool.map(extend, ["ana", "ben", "eve", "joe"]))
    assert answers == ["2025-01-27", *["extension_twice"] * 3]
    assert mails(database) == ["extended"]


# --- who runs it, and who else is there


def test_a_helper_decides_nothing_because_the_platform_does(
    database: Database, reference: str
) -> None:
    helper = deciding(database, "helper")
    helper.take(reference, "ana")
    before = everything(database)
    tries: list[Callable[[], Done]] = [
        lambda: helper.uphold(reference, "ana"),
        lambda: helper.not_matched(reference, "ana"),
        lambda: helper.propose_refusal(reference, "ana", "legal_claims", WORDS),
        lambda: helper.confirm_refusal(reference, "ben"),
        lambda: helper.reopen(reference, "ana"),
        lambda: helper.extend(reference, "ana", 1, "Many came at once."),
    ]
    for one in tries:
        with pytest.raises(DecisionRefused, match="platform_decides"):
            one()
    assert everything(database) == before
    assert deciding(database, "demo").uphold(reference, "ana").told


def test_a_person_who_takes_it_back_meanwhile_waits_in_no_circle(database: Database) -> None:
    service = ObjectionService(database, KEYS, ISSUER, clock=lambda: RECEIVED)
    numbers = [file(database, f"key-{number}") for number in range(12)]
    decisions = deciding(database)
    for number in numbers:
        decisions.take(number, "ana")

    def decide(number: str) -> str:
        try:
            return decisions.uphold(number, "ana").case_status
        except MoveRefused as error:
            return error.now

    def withdraw(number: str) -> str:
        service.withdraw([number], "chat")
        return "withdrawn"

    with ThreadPoolExecutor(max_workers=8) as pool:
        decided = [pool.submit(use, n) for n in numbers for use in (withdraw, decide)]
        answers = [one.result() for one in decided]
    assert set(answers) <= {"withdrawn", "upheld"}
    assert {one.case_status for one in rows(database, model.objection)} == {"withdrawn"}
    assert isinstance(audit.verify(database), audit.Verified)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_move_does_not_wait_for_somebody_who_only_names_the_case(
    database: Database, reference: str
) -> None:
    # A withdrawal writes its own row first, and only then waits for the accounts. On SQLite there
    # is one writer at a time.
    decisions = deciding(database)
    decisions.take(reference, "ana")
    with database.session() as session:
        session.execute(
            insert(model.withdrawal).values(
                id=model.new_id(),
                objection_id=case(database, reference).id,
                withdrawn_at=NOW,
                channel="chat",
            )
        )
        with ThreadPoolExecutor(max_workers=1) as pool:
            assert pool.submit(decisions.uphold, reference, "ana").result(10).told
