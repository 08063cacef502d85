"""Two services on one PostgreSQL and one Redis are one service to whoever talks to them; and in one
conversation, one thing happens at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.faults.conftest import Start, recorded, settings_of, url_of
from tests.faults.people import Somebody
from tests.faults.wire import Wire, request

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def two(begin: Start, postgresql: str, redis_url: str) -> Sequence[Server]:
    """Two servers that share everything but their process."""
    settings = settings_of(postgresql, REDIS_URL=redis_url)
    return begin(**settings), begin(**settings)


@pytest.fixture(scope="module")
def one(begin: Start) -> Sequence[Server]:
    """One server with its data in a file."""
    return (begin(),)


@pytest.fixture(params=["one", "two"])
def servers(request: pytest.FixtureRequest) -> Sequence[Server]:
    """One server, and two that work together."""
    found: Sequence[Server] = request.getfixturevalue(request.param)
    return found


async def test_a_conversation_that_goes_to_and_fro_files_like_any_other(
    servers: Sequence[Server],
) -> None:
    ana = Somebody([server.address for server in servers], "fro")
    await ana.files()
    assert len(ana.confirmed) == 2
    assert ana.refusals == []
    await ana.assert_all_is_remembered_once()
    assert {*ana.confirmed} <= {*recorded(url_of(servers[0]))}


async def test_of_messages_at_once_in_one_conversation_each_is_answered_and_kept_once(
    servers: Sequence[Server],
) -> None:
    ana = Somebody([server.address for server in servers], "both")
    await ana.files(up_to="full_name")
    asked = {
        "at-once-0": "when does it start?", "at-once-1": "are my private messages used?",
        "at-once-2": "what is used?", "at-once-3": "hello",
    }
    answers = await asyncio.gather(*(ana.says_once(text, id_) for id_, text in asked.items()))

    assert [answer.status_code for answer in answers] == [200] * 4
    kept = [one["id"] for one in await ana.history() if one["from"] == "person"]
    assert sorted(kept) == sorted([*ana.sent, *asked])
    # Each answer is to its own question, and the form still asks.
    for id_, answer in zip(asked, answers, strict=True):
        messages = answer.json()["messages"]
        assert {one["id"].rsplit(".", 1)[0] for one in messages} == {id_}
        assert messages[-1]["asks"] == "full_name"


async def test_one_message_sent_many_times_at_once_is_done_once(servers: Sequence[Server]) -> None:
    ana = Somebody([server.address for server in servers], "many")
    await ana.files(up_to="objection_confirmed")
    before = len(recorded(url_of(servers[0])))
    answers = await asyncio.gather(*(ana.says_once("yes", "the-only-yes") for _ in range(6)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    ana.hears("the-only-yes", "yes", answers[0].json()["messages"])
    assert len(ana.confirmed) == 2
    assert len(recorded(url_of(servers[0]))) == before + 2
    await ana.assert_all_is_remembered_once()


async def test_two_that_confirm_at_once_in_one_conversation_file_once(
    servers: Sequence[Server],
) -> None:
    ana = Somebody([server.address for server in servers], "twice")
    await ana.files(up_to="objection_confirmed")
    before = len(recorded(url_of(servers[0])))
    answers = await asyncio.gather(*(ana.says_once("yes", f"yes-number-{n}") for n in range(2)))

    assert [answer.status_code for answer in answers] == [200] * 2
    assert len(recorded(url_of(servers[0]))) == before + 2


async def test_whoever_reads_an_answer_slowly_keeps_nobody_waiting_and_loses_nothing(
    one: Sequence[Server],
) -> None:
    (server,) = one
    slow, quick = Somebody([server.address], "slow"), Somebody([server.address], "quick")
    await asyncio.gather(slow.begins(), quick.begins())
    message = json.dumps({"id": "read-slowly", "text": "when does it start?"}).encode()
    stream = request(
        "POST", "/chat/messages", message, authorization=f"Bearer {slow.session}",
        content_type="application/json", accept="text/event-stream",
    )
    wire = Wire(server.port, receive_buffer=2048)
    # So many answers, none of them read, that the server can write no further.
    number = 400
    sending = asyncio.create_task(asyncio.to_thread(wire.send, stream * number))
    await quick.files()
    assert len(quick.confirmed) == 2
    # The slow one's own conversation goes on elsewhere, too.
    assert await slow.says("what is used?")

    read = await asyncio.to_thread(_read, wire, number)
    await sending
    wire.close()
    assert read == [b"event: done\ndata: {}\n\n"] * number
    kept = [said["id"] for said in await slow.history() if said["from"] == "person"]
    assert kept.count("read-slowly") == 1


def _read(wire: Wire, number: int) -> list[bytes]:
    """The last event of so many answers."""
    found = []
    for _ in range(number):
        body = wire.ask(b"").body
        found.append(body[body.rindex(b"event: ") :])
    return found


async def test_a_log_on_a_full_disk_costs_nobody_an_answer(tmp_path: Path, model: Path) -> None:
    server = Server(tmp_path, SESSION_RATE_LIMIT="off", LOG_LEVEL="DEBUG")
    with Path("/dev/full").open("wb") as full:
        server.begin(full)
    while not await asyncio.to_thread(server.is_ready):
        assert server.process.poll() is None
        await asyncio.sleep(0.1)
    ana = Somebody([server.address], "full")
    await ana.files()
    assert ana.refusals == []
    assert len(ana.confirmed) == 2
    assert await asyncio.to_thread(server.stop) == 0


async def test_when_one_of_two_is_killed_the_other_carries_its_conversations_on(
    two: Sequence[Server], postgresql: str
) -> None:
    first, second = two
    people = [Somebody([first.address], f"left{number}") for number in range(4)]
    filing = [asyncio.create_task(one.files()) for one in people]
    while min(len(one.sent) for one in people) < 2:
        await asyncio.sleep(0.02)
    first.kill()
    for one in people:
        # As a proxy in front of both would have it.
        one.addresses = [second.address]
    await asyncio.gather(*filing)
    for one in people:
        assert len(one.confirmed) == 2
        await one.assert_all_is_remembered_once()
        assert {*one.confirmed} <= {*recorded(postgresql)}
