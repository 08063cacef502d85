"""Limits of mails with codes: for a mailbox, an address of the network, and in all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.objections import model
from bot.objections.accounts import Account
from bot.objections.asking import NOBODY, PER_DAY, PER_MAILBOX, Asker, Limits, Rate
from bot.objections.db import Database
from bot.objections.errors import CodeNotSent
from bot.objections.service import ObjectionService
from bot.objections.verification import Verification
from tests.unit.objections.examples import ISSUER, filing
from tests.unit.objections.mailing import HELPER, KEYS, Clock, Post, postman, rows, service

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def mails(database: Database, clock: Clock) -> list[str]:
    """To whom mail goes now."""
    post = Post()
    while await postman(database, post, HELPER, clock).deliver():
        pass
    return [str(message["To"]) for message in post.sent]


async def test_three_hundred_filings_for_one_address_are_recorded_and_send_what_it_can_bear(
    database: Database, clock: Clock
) -> None:
    spellings = ("ana@example.org", "ANA@example.org", "ana+{}@example.org")
    record = service(database, HELPER, clock)
    for one in range(300):
        email = spellings[one % 3].format(one)
        # The network's addresses are as many as the filings.
        asked = Asker(f"conversation {one}", f"address {one}")
        filed = record.file(filing(idempotency_key=f"key-{one}", email=email), asked)
        clock.now += timedelta(seconds=1)
        if one % 2:
            record.withdraw([filed.objections[0].reference], "chat")
    assert len(rows(database, model.objection)) == 300
    sent = await mails(database, clock)
    # Also taking back tells nothing to an address that nobody has confirmed.
    assert len([to for to in sent if to != HELPER.contact]) == PER_MAILBOX
    assert len([to for to in sent if to == HELPER.contact]) == 300
    clock.now += timedelta(days=1)
    record.file(filing(idempotency_key="next-day"), Asker("another", "another"))
    assert "ana@example.org" in await mails(database, clock)


@pytest.mark.parametrize(
    ("limits", "count", "why"),
    [
        (Limits(client=Rate(4, HOUR)), 4, "from your network lately"),
        (Limits(client=None, total=Rate(3, HOUR)), 3, "very many people"),
        (Limits(client=None, total=None), PER_DAY, "from your network to this address"),
        (Limits(client=None, total=None, mailbox=False), 20, None),
    ],
)
async def test_each_limit_stops_the_mail_and_tells_why_and_never_stops_the_filing(
    database: Database, clock: Clock, limits: Limits, count: int, why: str | None
) -> None:
    record = ObjectionService(database, KEYS, ISSUER, limits=limits, clock=clock)
    verification = Verification(database, KEYS, limits=limits, clock=clock)
    for one in range(20):
        asked = Asker(f"conversation {one}", "203.0.113.7")
        filed = record.file(filing(idempotency_key=f"key-{one}"), asked)
        awaited = verification.awaited(filed.objections[0].reference, asked)
        assert awaited is not None and awaited.is_new == (one < count)
        if one >= count:
            assert awaited.problem is not None and why is not None
            assert why in awaited.problem.sentence
            with pytest.raises(CodeNotSent):
                verification.confirm(filed.objections[0].reference, asked)
    assert len(rows(database, model.objection)) == 20
    assert len(await mails(database, clock)) == count
    # Once there is room again, a code for what was filed meanwhile can be had.
    clock.now += timedelta(days=1)
    assert verification.confirm(filed.objections[0].reference, asked)
    assert len(await mails(database, clock)) == 1


async def test_many_who_file_at_once_get_past_no_limit(database: Database, clock: Clock) -> None:
    def file(number: int) -> None:
        asked = Asker(f"conversation {number}", f"address {number}")
        # Each for another account: those who file for one wait for each other anyway.
        account = Account("instagram", f"ana.{number}")
        record.file(filing(idempotency_key=f"key-{number}", account=account), asked)

    limits = Limits(total=Rate(5, HOUR))
    record = ObjectionService(database, KEYS, ISSUER, limits=limits, clock=clock)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(file, range(24)))
    assert len(rows(database, model.objection)) == 24
    assert len(await mails(database, clock)) == 5


def test_a_clock_that_is_set_back_makes_nobody_wait(database: Database, clock: Clock) -> None:
    verification = Verification(database, KEYS, clock=clock)
    number = service(database, clock=clock).file(filing()).objections[0].reference
    asked = Asker("a conversation", "203.0.113.7")
    verification.request(number, asked)
    with pytest.raises(CodeNotSent):
        verification.request(number, asked)
    clock.now -= HOUR
    assert verification.request(number, asked)


def test_a_filing_that_was_given_up_counts_for_nothing(database: Database, clock: Clock) -> None:
    def no_number() -> str:
        raise RuntimeError

    broken = ObjectionService(database, KEYS, ISSUER, new_reference=no_number, clock=clock)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            broken.file(filing(), Asker("one", "two"))
    assert rows(database, model.verification) == []


def test_who_asked_is_kept_as_hashes_that_the_key_is_needed_for(
    database: Database, clock: Clock
) -> None:
    asked = Asker("the conversation", "203.0.113.7")
    service(database, clock=clock).file(filing(), asked)
    (row,) = rows(database, model.verification)
    for kept in (row.asked_in, row.asked_from, row.sent_to):
        assert len(kept) == 64 and set(kept) <= set("0123456789abcdef")
    assert "203.0" not in str(row) + repr(asked) and "conversation" not in repr(asked)
    assert repr(NOBODY) == repr(asked)


@pytest.mark.parametrize(
    ("seconds", "when"),
    [(0, "for one now"), (40, "again in a minute"), (61, "again in 2 minutes"),
     (7200, "again in 2 hours"), (7201, "again in 3 hours")],
)
def test_when_to_ask_again_is_said_in_words(seconds: int, when: str) -> None:
    assert CodeNotSent("client", seconds).sentence.endswith(f"Please ask {when}.")
