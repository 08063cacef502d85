"""Going on with a sitting: nothing told twice, nothing recorded twice."""

from __future__ import annotations

from typing import Any

import pytest

from bot.objections import cases, model
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.errors import FieldError, StorageError
from bot.objections.receipts import Issuer
from bot.objections.service import ObjectionService
from tests.unit.objections.examples import ANA, ANA_ON_FACEBOOK, ISSUER, OLD, SHOP, filing
from tests.unit.objections.mailing import HELPER, KEYS, NOW, rows, service


def go_on(*numbers: str, **changes: Any) -> Any:
    """The next filing of the same person in the same sitting."""
    return filing(**{"idempotency_key": "key-2", "account": OLD, "sitting": numbers, **changes})


def test_what_was_told_is_known(database: Database) -> None:
    record = service(database)
    (first,) = record.file(filing()).objections
    known = record.known(first.reference)
    assert known is not None
    assert (known.full_name, known.email) == ("Ana Silva", "ana@example.org")
    assert (known.country, known.reason) == ("PT", "My children are in my photos.")
    assert record.known("OBJ-0000-0000-0000-0000-0") is None
    assert "Ana" not in repr(known)


def test_the_next_filing_joins_the_batch_and_the_person(database: Database) -> None:
    record = service(database)
    first = record.file(filing(unlinked_accounts=(SHOP,)))
    second = record.file(go_on(first.objections[0].reference))
    assert second.batch_id == first.batch_id
    found = rows(database, model.objection)
    assert sorted(row.batch_position for row in found) == [0, 1, 2]
    assert len(rows(database, model.contact)) == 1
    # One code for the person, not one a filing.
    assert [row.kind for row in rows(database, model.outbox)] == ["code"]
    # Filing it again gives the same answer.
    again = record.file(go_on(first.objections[0].reference))
    assert again.again and again.objections == second.objections


@pytest.mark.parametrize(
    ("issuer", "mails"), [(ISSUER, ["receipt"]), (HELPER, ["letter", "letter_copy", "receipt"])]
)
def test_what_joins_a_confirmed_address_is_confirmed_too(
    database: Database, issuer: Issuer, mails: list[str]
) -> None:
    record = service(database, issuer)
    # Somebody else was first for the account that is filed next.
    record.file(filing(account=OLD, email="eve@example.org", idempotency_key="eve"))
    (first,) = record.file(filing()).objections
    (contact_id,) = {
        row.contact_id for row in rows(database, model.objection)
        if row.reference == first.reference
    }
    with database.session() as session:
        cases.confirm(session, contact_id, NOW)
    before = len(rows(database, model.outbox))
    (second,) = record.file(go_on(first.reference)).objections
    (row,) = [row for row in rows(database, model.objection) if row.reference == second.reference]
    assert row.verified_at is not None
    (active,) = [
        covered for covered in rows(database, model.objection_account)
        if covered.active and covered.objection_id == row.id
    ]
    assert active.exclusion_state == "hold"
    put = [mail for mail in rows(database, model.outbox) if mail.objection_id == row.id]
    assert sorted(mail.kind for mail in put) == mails
    assert len(rows(database, model.outbox)) == before + len(mails)
    assert rows(database, model.audit_event)[-1].action == "email_verified"


@pytest.mark.parametrize("change", [{"full_name": "Eva Silva"}, {"email": "eva@example.org"}])
def test_another_name_or_address_is_another_person(
    database: Database, change: dict[str, str]
) -> None:
    record = service(database)
    first = record.file(filing())
    second = record.file(go_on(first.objections[0].reference, **change))
    assert second.batch_id != first.batch_id
    assert len(rows(database, model.contact)) == 2


def test_what_stands_already_is_named_and_not_recorded_again(database: Database) -> None:
    record = service(database)
    (first,) = record.file(filing(linked_accounts=(ANA_ON_FACEBOOK,))).objections
    again = record.file(go_on(first.reference, account=ANA))
    assert again.again
    assert [(one.reference, one.stood) for one in again.objections] == [(first.reference, True)]
    assert len(rows(database, model.objection)) == 1
    # With an account that is new, that one alone is recorded.
    both = record.file(
        go_on(first.reference, account=ANA_ON_FACEBOOK, unlinked_accounts=(SHOP,),
              idempotency_key="key-3")
    )
    assert sorted(one.stood for one in both.objections) == [False, True]
    assert len(rows(database, model.objection)) == 2


def test_what_was_taken_back_is_recorded_anew(database: Database) -> None:
    record = service(database)
    (first,) = record.file(filing()).objections
    record.withdraw([first.reference], "chat")
    (second,) = record.file(go_on(first.reference, account=ANA)).objections
    assert second.reference != first.reference and not second.stood


def test_the_numbers_of_others_open_nothing(database: Database) -> None:
    # A filing that names no sitting learns nothing of what others filed for the account.
    record = service(database)
    record.file(filing(email="eve@example.org"))
    (own,) = record.file(filing(idempotency_key="key-2")).objections
    assert not own.stood
    with pytest.raises(FieldError):
        record.file(go_on("no number", idempotency_key="key-3"))


def test_without_the_key_of_the_person_nothing_is_recorded(database: Database) -> None:
    record = service(database)
    (first,) = record.file(filing()).objections
    other = ObjectionService(database, Keys([("k2", bytes(range(32)))]), ISSUER)
    with pytest.raises(StorageError):
        other.file(go_on(first.reference))
    with pytest.raises(StorageError):
        other.known(first.reference)
    assert len(rows(database, model.objection)) == 1


def test_which_notice_was_shown_is_on_record(database: Database) -> None:
    record = service(database)
    shown = record.show_notice("conversation-1")
    record.file(filing(notice_display=shown))
    (row,) = rows(database, model.notice_display)
    (notice,) = rows(database, model.notice)
    assert (row.id, row.notice_id) == (shown, notice.id)
    assert row.conversation_index == KEYS.index("notice.display", "conversation-1").digest
    (objection,) = rows(database, model.objection)
    assert objection.notice_display_id == shown
    with pytest.raises(FieldError):
        record.file(filing(notice_display="'; DROP", idempotency_key="key-2"))
