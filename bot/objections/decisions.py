"""What operators do with a case, from taking it to telling the person: one method per use case, one
transaction each, with an event in the audit log as the last write.

A case is decided by the operator who has taken it. A refusal needs a second name, under which the
words are confirmed that the first one proposed; until then the case stays in review. A name is what
the caller says: whether two names are two people, the caller has to know. Whatever the person has
to be told waits in the outbox from the same moment on. A refusal goes on holding the accounts until
they have been told.

Two operators who do the same at once wait for each other: the second one sees what the first did,
and is told so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from bot.objections import audit, cases, deadlines, model, moments, outbox, states
from bot.objections.clean import clean_lines
from bot.objections.crypto import Keys, Unreadable
from bot.objections.db import Database
from bot.objections.errors import (
    DecisionRefused,
    ExtensionRefused,
    FieldError,
    MoveRefused,
    UnknownReference,
)
from bot.objections.references import parse_reference

__all__ = ["TEXT_MAX", "Decisions", "Done"]

# Characters of what a person is told in an operator's own words.
TEXT_MAX = 5000


@dataclass(frozen=True)
class Done:
    """How a case stands after a use case. Holds nothing personal.

    `told` says that a mail to the person waits; `again` that all was so before, and nothing was
    written.
    """

    reference: str
    case_status: str
    taken_by: str | None
    due_on: date
    told: bool = False
    again: bool = False


class Decisions:
    """The use cases. `role` is who runs this: demo, controller or helper.

    Every method takes the number of an objection as it is typed, and the operator's name. Each
    raises FieldError for what is no number, UnknownReference for a number without objection,
    MoveRefused where the case stands otherwise, DecisionRefused for every other reason against it,
    and StorageError when nothing could be written.
    """

    def __init__(
        self,
        database: Database,
        keys: Keys,
        role: str,
        *,
        clock: Callable[[], datetime] = moments.now,
    ) -> None:
        self._database = database
        self._keys = keys
        self._role = role
        self._clock = clock

    def take(self, reference: str, operator: str, *, forced: bool = False) -> Done:
        """Take a case into review. With `forced` also from another operator."""
        number = parse_reference(reference)
        with self._database.session() as session:
            case, now = self._locked(session, number), self._now()
            if case.case_status == "in_review":
                if case.taken_by == operator:
                    return _done(case, "in_review", operator, again=True)
                if not forced:
                    _check_in_hand(case, operator)
                _set(session, case, taken_by=operator)
            else:
                if case.case_status != "received":
                    # A refusal leads back to review too, but by an appeal of the person.
                    raise MoveRefused(case.case_status, "in_review")
                cases.move(session, case.id, "in_review", now)
                _set(session, case, taken_by=operator)
            _log(session, now, operator, "case_taken", case)
        return _done(case, "in_review", operator)

    def uphold(self, reference: str, operator: str) -> Done:
        """Give the person what they asked for: the accounts are recorded as to be excluded."""
        return self._close(reference, operator, "upheld", "case_upheld")

    def not_matched(self, reference: str, operator: str) -> Done:
        """Close a case whose accounts cannot be found; what it names stays on hold."""
        return self._close(reference, operator, "not_matched", "case_not_matched")

    def propose_refusal(self, reference: str, operator: str, ground: str, text: str) -> Done:
        """Propose to refuse, on one of `model.GROUNDS`, in these words for the person.

        An earlier proposal for the same case gives way to it. Raises FieldError for another ground,
        and for words that are missing or too long.
        """
        number = parse_reference(reference)
        self._check_role()
        if ground not in model.GROUNDS:
            listed = " or ".join(f"'{one}'" for one in model.GROUNDS)
            raise FieldError("ground", "ground_unknown", f"The ground must be {listed}.")
        words = _words(text, "A refusal needs words that tell the person why.")
        with self._database.session() as session:
            case, now = self._in_review(session, number, operator, "refused"), self._now()
            _check_can_be_told(case)
            _drop_proposals(session, case)
            self._decide(session, now, operator, case, "refused", text=words, ground=ground)
            _log(session, now, operator, "refusal_proposed", case, ground=ground)
        return _done(case, "in_review", case.taken_by)

    def confirm_refusal(
        self, reference: str, operator: str, proposal_id: str | None = None
    ) -> Done:
        """Refuse, as a second operator, what another one proposed to refuse.

        With `proposal_id` only that proposal: the words that this operator has read.
        """
        number = parse_reference(reference)
        self._check_role()
        with self._database.session() as session:
            case, now = self._locked(session, number), self._now()
            if case.case_status != "in_review":
                raise MoveRefused(case.case_status, "refused")
            table = model.decision
            proposal = session.execute(
                select(table.c.id, table.c.decided_by, table.c.ground).where(_proposed(case))
            ).one_or_none()
            if proposal is None:
                raise DecisionRefused(
                    "no_proposal", "Nobody has proposed to refuse this objection yet."
                )
            if proposal_id not in (None, proposal.id):
                raise DecisionRefused(
                    "proposal_changed",
                    "The proposal was changed meanwhile. Please read the new one first.",
                )
            if proposal.decided_by == operator:
                raise DecisionRefused(
                    "same_operator",
                    "You proposed this refusal, so another operator has to confirm it.",
                )
            _check_can_be_told(case)
            session.execute(
                update(table)
                .where(table.c.id == proposal.id)
                .values(confirmed_by=operator, confirmed_at=now)
            )
            accounts = cases.move(session, case.id, "refused", now)
            told = _tell(session, "refused", now, case, proposal.id)
            _log(
                session, now, operator, "case_refused", case,
                accounts=accounts, ground=proposal.ground,
            )
        return _done(case, "refused", case.taken_by, told=told)

    def reopen(self, reference: str, operator: str) -> Done:
        """Look again at a case that was refused or not matched, because the person appealed.

        The operator takes it, and its accounts are held again. The day for an answer stays.
        """
        number = parse_reference(reference)
        self._check_role()
        with self._database.session() as session:
            case, now = self._locked(session, number), self._now()
            if case.case_status not in ("refused", "not_matched"):
                raise DecisionRefused(
                    "not_refused", "Only what was refused or not matched can be reopened."
                )
            accounts = cases.move(session, case.id, "in_review", now)
            _set(session, case, taken_by=operator)
            decision_id = self._decide(session, now, operator, case, "reopened")
            told = _tell(session, "reopened", now, case, decision_id)
            _log(session, now, operator, "case_reopened", case, accounts=accounts)
        return _done(case, "in_review", operator, told=told)

    def extend(self, reference: str, operator: str, months: int, reason: str) -> Done:
        """Put the answer off by 1 or 2 months, once, and tell the person why.

        Raises ExtensionRefused where the law gives no more time, FieldError for a reason that is
        missing or too long.
        """
        number = parse_reference(reference)
        self._check_role()
        words = _words(reason, "Putting an answer off needs a reason that the person is told.")
        with self._database.session() as session:
            case, now = self._locked(session, number), self._now()
            if case.case_status not in states.OPEN:
                raise DecisionRefused(
                    "not_open", "This objection is answered or withdrawn: there is no day to move."
                )
            _check_in_hand(case, operator)
            _check_can_be_told(case)
            table = model.decision.c
            before = select(table.id).where(
                table.objection_id == case.id, table.kind == "extended"
            )
            if session.execute(before).first() is not None:
                raise ExtensionRefused(
                    "extension_twice", "The answer was put off before, and that can be done once."
                )
            due = deadlines.extended_due_on(case.received_at, case.country, months, now)
            decision_id = self._decide(
                session, now, operator, case, "extended",
                text=words, due_before=case.due_on, due_after=due,
            )
            _set(session, case, due_on=due)
            _tell(session, "extended", now, case, decision_id)
            _log(
                session, now, operator, "answer_put_off", case,
                due_before=case.due_on.isoformat(), due_after=due.isoformat(),
            )
        return Done(case.reference, case.case_status, case.taken_by, due, told=True)

    # --- what several of them do

    def _close(self, reference: str, operator: str, to: str, action: str) -> Done:
        number = parse_reference(reference)
        self._check_role()
        with self._database.session() as session:
            case, now = self._in_review(session, number, operator, to), self._now()
            if to != "upheld":
                _check_can_be_told(case)
            _drop_proposals(session, case)
            accounts = cases.move(session, case.id, to, now)
            decision_id = self._decide(session, now, operator, case, to)
            told = _tell(session, to, now, case, decision_id)
            _log(session, now, operator, action, case, accounts=accounts)
        return _done(case, to, case.taken_by, told=told)

    def _decide(
        self,
        session: Connection,
        now: datetime,
        operator: str,
        case: Any,
        kind: str,
        *,
        text: str | None = None,
        **values: Any,
    ) -> str:
        """Write a decision, its words under the key of the person; the id of its row."""
        row_id = model.new_id()
        sealed = None
        if text is not None:
            try:
                sealer = self._keys.subject(case.wrapped_key, case.contact_id)
            except Unreadable:
                raise DecisionRefused(
                    "key_missing",
                    "These words cannot be sealed: the key of this person is not among DATA_KEYS.",
                ) from None
            sealed = sealer.seal(text, table="decision", row_id=row_id, column="text")
        session.execute(
            insert(model.decision).values(
                id=row_id,
                objection_id=case.id,
                kind=kind,
                text=sealed,
                decided_by=operator,
                decided_at=now,
                **values,
            )
        )
        return row_id

    def _in_review(self, session: Connection, number: str, operator: str, to: str) -> Any:
        """The case, locked, if it is in review and in this operator's hands."""
        case = self._locked(session, number)
        if case.case_status != "in_review":
            raise MoveRefused(case.case_status, to)
        _check_in_hand(case, operator)
        return case

    def _locked(self, session: Connection, number: str) -> Any:
        """The case and its person, held to the end of the transaction.

        Always the accounts first, then the person, then the case: the order of everybody who
        changes these rows, so that nobody waits in a circle.
        """
        objection, contact = model.objection, model.contact
        found = session.execute(
            select(objection.c.id, objection.c.contact_id).where(objection.c.reference == number)
        ).one_or_none()
        if found is None:
            raise UnknownReference()
        cases.lock_accounts_of(session, [found.id])
        session.execute(
            select(contact.c.id)
            .where(contact.c.id == found.contact_id)
            .with_for_update(read=True, key_share=True)
        ).all()
        held = select(objection.c.id).where(objection.c.id == found.id)
        session.execute(held.with_for_update(key_share=True)).all()
        # Read once they are held: whoever was first may have changed them.
        return session.execute(
            select(objection, contact.c.wrapped_key)
            .outerjoin(contact, contact.c.id == objection.c.contact_id)
            .where(objection.c.id == found.id)
        ).one()

    def _check_role(self) -> None:
        if self._role == "helper":
            raise DecisionRefused(
                "platform_decides",
                "The platform decides about objections, not this site: OPERATOR_ROLE is 'helper'.",
            )

    def _now(self) -> datetime:
        return self._clock().astimezone(timezone.utc)


def _proposed(case: Any) -> Any:
    """The refusal of this case that waits for a second operator; there is one at most."""
    table = model.decision.c
    return (
        (table.objection_id == case.id)
        & (table.kind == "refused")
        & table.confirmed_by.is_(None)
    )


def _drop_proposals(session: Connection, case: Any) -> None:
    # Nobody was told of it, and the audit log keeps that it was made.
    session.execute(delete(model.decision).where(_proposed(case)))


def _check_in_hand(case: Any, operator: str) -> None:
    if case.taken_by not in (None, operator):
        raise DecisionRefused(
            "case_taken",
            f"{case.taken_by} has taken this objection. "
            "Ask them first; 'take' with --force takes it over.",
        )


def _check_can_be_told(case: Any) -> None:
    if case.contact_id is None:
        raise DecisionRefused(
            "person_erased",
            "This person was erased, so nobody can be told: the objection stays as it is, "
            "or is upheld.",
        )


def _words(text: str, missing: str) -> str:
    words = clean_lines(text)
    if not words:
        raise FieldError("text", "text_missing", missing)
    if len(words) > TEXT_MAX:
        raise FieldError(
            "text", "text_too_long", f"These words are too long: {TEXT_MAX:,} characters at most."
        )
    return words


def _set(session: Connection, case: Any, **values: Any) -> None:
    session.execute(
        update(model.objection).where(model.objection.c.id == case.id).values(**values)
    )


def _tell(session: Connection, kind: str, now: datetime, case: Any, decision_id: str) -> bool:
    """Let a mail to the person wait; False where there is nobody any more."""
    if case.contact_id is None:
        return False
    outbox.put(
        session, kind, now, case.contact_id, objection_id=case.id, decision_id=decision_id
    )
    return True


def _log(
    session: Connection, now: datetime, operator: str, action: str, case: Any, **payload: Any
) -> None:
    audit.append(
        session,
        at=now,
        actor=f"operator:{operator}",
        action=action,
        objection_id=case.id,
        payload=payload,
    )


def _done(
    case: Any, status: str, taken_by: str | None, *, told: bool = False, again: bool = False
) -> Done:
    return Done(case.reference, status, taken_by, case.due_on, told=told, again=again)
