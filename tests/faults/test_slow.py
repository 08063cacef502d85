"""Many who send slowly, or keep connections open, beside a person who is answered."""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.faults.people import Somebody
from tests.faults.wire import Wire, request

pytestmark = pytest.mark.slow

# What the server may have open in all, and one address of it.
DESCRIPTORS, OF_ONE = 256, 30
LIVE = request("GET", "/health/live")
HEAD = b"POST /chat/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
# Each is the beginning of a request that is never finished, and what is sent of it now and then.
SLOW = {
    "head": (b"GET /health/live HTTP/1.1\r\nHost: x\r\nX: ", b"x"),
    "first line": (b"G", b"E"),
    "body": (HEAD + b"Content-Length: 8000\r\n\r\n{", b" "),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "chunk's length": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "body of what is not there": (
        b"POST /nothing/there HTTP/1.1\r\nHost: x\r\nContent-Length: 8000\r\n\r\n{", b" "
    ),
    "second request": (LIVE + b"GET /health/live HTTP/1.1\r\nHost: x\r\nX: ", b"x"),
}


@contextmanager
def few_descriptors() -> Iterator[None]:
    """Whatever is started here may have few files and connections open."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(scope="module")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("slow"), SESSION_RATE_LIMIT="off", REQUEST_SECONDS="4",
        ADDRESS_CONNECTIONS=str(OF_ONE),
    )
    with few_descriptors():
        server.start()
    yield server
    assert server.stop() == 0
    assert " error=" not in server.log.read_text("utf-8")


def connected(server: Server, source: str) -> socket.socket:
    """A connection from this address of this machine."""
    return socket.create_connection(("127.0.0.1", server.port), 30, (source, 0))


def goes_on(connection: socket.socket, more: bytes) -> bool:
    """Send a little more; whether the server has neither answered nor ended."""
    connection.setblocking(False)
    try:
        connection.sendall(more)
        connection.recv(65536)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


@pytest.mark.parametrize("kind", SLOW)
def test_a_request_that_does_not_come_to_its_end_is_ended(server: Server, kind: str) -> None:
    begun, more = SLOW[kind]
    received = b""
    with connected(server, "127.0.0.2") as connection:
        connection.sendall(begun)
        give_up = time.monotonic() + 60
        connection.settimeout(0.2)
        while True:
            assert time.monotonic() < give_up, "it was let go on for ever"
            try:
                block = connection.recv(65536)
                if not block:
                    break
                received += block
            except TimeoutError:
                connection.sendall(more)
            except ConnectionResetError:
                break
    answers = received.split(b"HTTP/1.1 ")[1:]
    if kind != "body of what is not there":
        assert answers[-1].startswith(b"408 ")
        assert b'"error":"too_slow"' in answers[-1]
    else:
        assert answers[0].startswith(b"404 ")


async def test_a_person_is_answered_beside_hundreds_who_send_slowly(server: Server) -> None:
    """239 of them once held every descriptor, and nobody else was heard for 85 seconds."""
    ana = Somebody([server.address], "slow.ana")
    begun, more = SLOW["head"]
    refused = 0
    with ExitStack() as stack:
        dripping = []
        for number in range(240):
            connection = stack.enter_context(connected(server, f"127.0.1.{number % 3}"))
            connection.sendall(begun)
            dripping.append(connection)
        # Of the three addresses none has more than its own.
        await asyncio.sleep(0.5)
        still = [one for one in dripping if goes_on(one, more)]
        assert len(still) <= 3 * OF_ONE
        refused = len(dripping) - len(still)

        async def drip() -> None:
            while still:
                still[:] = [one for one in still if goes_on(one, more)]
                await asyncio.sleep(0.2)

        task = asyncio.create_task(drip())
        await ana.files()
        assert len(ana.confirmed) == 2
        assert ana.refusals == []
        # And each of them is ended, however it goes on.
        await asyncio.wait_for(task, 60)
    assert refused >= 240 - 3 * OF_ONE


def test_one_connection_too_many_of_an_address_is_told_to_wait(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(OF_ONE):
            one = stack.enter_context(connected(server, "127.0.2.1"))
            one.sendall(LIVE)
            assert one.recv(65536).startswith(b"HTTP/1.1 200 ")
        late = stack.enter_context(connected(server, "127.0.2.1"))
        received = b""
        while block := late.recv(65536):
            received += block
        assert received.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After: 5\r\n" in received
        assert b'"error":"too_many"' in received
        # Somebody else's is taken, and their own again once one has ended.
        wire = Wire(server.port)
        assert wire.ask(LIVE).status == 200
        wire.close()
    for _ in range(300):
        with connected(server, "127.0.2.1") as again:
            again.sendall(LIVE)
            if again.recv(65536).startswith(b"HTTP/1.1 200 "):
                return
        time.sleep(0.1)
    pytest.fail("the address was never let in again")


async def test_when_all_places_are_taken_the_server_has_descriptors_left_to_answer_with(
    server: Server,
) -> None:
    ana = Somebody([server.address], "full.ana")
    await ana.begins()
    with ExitStack() as stack:
        kept = Wire(server.port)
        stack.callback(kept.close)
        assert kept.ask(LIVE).status == 200
        for number in range(240):
            connection = stack.enter_context(connected(server, f"127.0.3.{number % 20}"))
            connection.sendall(b"G")
        await asyncio.sleep(0.5)
        open_now = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
        assert open_now < DESCRIPTORS
        # Who was in goes on.
        body = b'{"id": "in-the-middle", "text": "when does it start?"}'
        asked = request(
            "POST", "/chat/messages", body, authorization=f"Bearer {ana.session}",
            content_type="application/json",
        )
        assert (await asyncio.to_thread(kept.ask, asked)).status == 200
