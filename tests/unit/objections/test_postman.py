"""Sending what waits: over a real SMTP server, into files, again after trouble, and never twice."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiosmtpd.controller import Controller

from bot.objections import cases, model, outbox
from bot.objections.db import Database
from bot.objections.postman import Files, NotSent, Smtp
from tests.unit.objections.examples import filing
from tests.unit.objections.mailing import (
    NOW,
    Clock,
    Post,
    decided,
    postman,
    rows,
    service,
    waiting,
)


class Server:
    """What a real server answers to a recipient, and what it was given."""

    def __init__(self) -> None:
        self.answer = "250 OK"
        self.received: list[Any] = []

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.received.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 OK"


@pytest.fixture
def server() -> Iterator[tuple[Server, Smtp]]:
    handler = Server()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, replace(Smtp.parse(f"smtp://127.0.0.1:{port}"), limit_s=3)
    controller.stop()


async def test_a_mail_reaches_a_real_server(
    database: Database, server: tuple[Server, Smtp]
) -> None:
    handler, smtp = server
    service(database).file(filing())
    assert await postman(database, smtp).deliver() == 1
    ((to, message),) = handler.received
    assert to == ["ana@example.org"] and "Your code is" in message["Subject"]
    (row,) = rows(database, model.outbox)
    assert row.sent_at == NOW and row.attempts == 1
    assert await postman(database, smtp).deliver() == 0


async def test_a_domain_with_letters_beyond_a_to_z_is_mailed_as_idna(
    database: Database, server: tuple[Server, Smtp]
) -> None:
    handler, smtp = server
    service(database).file(filing(email="ana@bücher.example.org"))
    await postman(database, smtp).deliver()
    ((to, message),) = handler.received
    assert to == [message["To"]] == ["ana@xn--bcher-kva.example.org"]


async def test_a_server_that_says_not_now_is_asked_again_later(
    database: Database, server: tuple[Server, Smtp]
) -> None:
    handler, smtp = server
    clock = Clock()
    service(database).file(filing())
    post = postman(database, smtp, clock=clock)
    handler.answer = "451 try again"
    await post.deliver()
    (row,) = rows(database, model.outbox)
    assert (row.sent_at, row.failed_at, row.problem) == (None, None, "smtp_451")
    handler.answer = "250 OK"
    assert await post.deliver() == 0  # not yet
    clock.now = NOW + timedelta(seconds=11)
    assert await post.deliver() == 1
    (row,) = rows(database, model.outbox)
    assert row.sent_at == clock.now and row.problem is None


async def test_an_address_that_is_refused_for_good_is_not_tried_again(
    database: Database, server: tuple[Server, Smtp]
) -> None:
    handler, smtp = server
    clock = Clock()
    service(database).file(filing())
    handler.answer = "550 no such person"
    await postman(database, smtp, clock=clock).deliver()
    clock.now = NOW + timedelta(days=9)
    assert await postman(database, smtp, clock=clock).deliver() == 0
    (row,) = rows(database, model.outbox)
    assert row.failed_at == NOW and row.problem == "smtp_550"


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_server_that_is_not_there_or_hangs_costs_an_attempt(
    database: Database, hangs: bool
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if hangs:
            silent.listen()
        smtp = replace(Smtp.parse(f"smtp://127.0.0.1:{silent.getsockname()[1]}"), limit_s=0.3)
        service(database).file(filing())
        await postman(database, smtp).deliver()
    (row,) = rows(database, model.outbox)
    assert (row.sent_at, row.failed_at, row.problem) == (None, None, "unreachable")


async def test_after_the_last_attempt_it_is_given_up(database: Database) -> None:
    post, clock = Post(), Clock()
    post.trouble = NotSent("unreachable")
    service(database).file(filing())
    for attempt in range(1, outbox.ATTEMPTS_MAX + 1):
        assert await postman(database, post, clock=clock).deliver() == 1
        (row,) = rows(database, model.outbox)
        assert row.attempts == attempt
        clock.now += timedelta(days=2)
    assert row.failed_at is not None
    assert await postman(database, post, clock=clock).deliver() == 0


async def test_two_who_send_at_once_send_each_mail_once(database: Database) -> None:
    post = Post()
    for number in range(25):
        service(database).file(filing(idempotency_key=f"key-{number}"))
    senders = [postman(database, post) for _ in range(3)]
    while sum(await asyncio.gather(*(one.deliver() for one in senders))):
        pass
    assert len(post.sent) == len({message["Message-ID"] for message in post.sent}) == 25


async def test_one_who_stopped_in_between_is_followed_by_another(database: Database) -> None:
    clock = Clock()
    service(database).file(filing())
    with database.session() as session:
        assert len(outbox.take(session, NOW, 10)) == 1  # and then nothing: it was killed
    post = Post()
    assert await postman(database, post, clock=clock).deliver() == 0
    clock.now += timedelta(minutes=3)
    assert await postman(database, post, clock=clock).deliver() == 1


async def test_without_a_server_mail_is_a_file_that_only_its_owner_reads(
    database: Database, tmp_path: Path
) -> None:
    service(database).file(filing())
    await postman(database, Files(tmp_path / "mail")).deliver()
    (file,) = (tmp_path / "mail").iterdir()
    assert file.suffix == ".eml" and file.stat().st_mode & 0o777 == 0o600
    assert message_from_bytes(file.read_bytes())["To"] == "ana@example.org"


async def test_a_folder_that_cannot_be_written_costs_an_attempt(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "mail").write_text("a file stands here")
    service(database).file(filing())
    await postman(database, Files(tmp_path / "mail")).deliver()
    (row,) = rows(database, model.outbox)
    assert row.problem == "not_written" and row.sent_at is None


async def test_a_folder_that_was_put_away_is_not_made_anew_in_its_place(
    database: Database, tmp_path: Path
) -> None:
    service(database).file(filing())
    await postman(database, Files(tmp_path / "data" / "mail")).deliver()
    (row,) = rows(database, model.outbox)
    assert row.problem == "not_written"
    assert not (tmp_path / "data").exists()


async def test_a_decoy_is_never_sent(database: Database) -> None:
    with database.session() as session:
        outbox.put_code(session, "access", NOW, None)
    post = Post()
    assert await postman(database, post).deliver() == 1
    assert post.sent == []
    (row,) = rows(database, model.outbox)
    assert row.sent_at == NOW


async def test_once_a_refusal_was_told_its_accounts_are_let_go_and_not_before(
    database: Database,
) -> None:
    service(database).file(filing())
    (objection,) = rows(database, model.objection)
    with database.session() as session:
        cases.move(session, objection.id, "in_review", NOW)
        cases.move(session, objection.id, "refused", NOW)
    refusal = decided(database, "refused", "In court.", ground="legal_claims")
    waiting(database, "refused", decision_id=refusal)
    post, clock = Post(), Clock()
    post.trouble = NotSent("unreachable")
    await postman(database, post, clock=clock).deliver()
    (covered,) = rows(database, model.objection_account)
    assert covered.exclusion_state == "hold"
    post.trouble = None
    clock.now += timedelta(minutes=1)
    await postman(database, post, clock=clock).deliver()
    (covered,) = rows(database, model.objection_account)
    assert covered.exclusion_state == "released" and not covered.active
    assert rows(database, model.audit_event)[-1].action == "refusal_told"


async def test_an_appeal_that_comes_before_the_mail_keeps_the_hold(database: Database) -> None:
    service(database).file(filing())
    (objection,) = rows(database, model.objection)
    with database.session() as session:
        for state in ("in_review", "refused", "in_review"):
            cases.move(session, objection.id, state, NOW)
    waiting(
        database, "refused",
        decision_id=decided(database, "refused", "In court.", ground="legal_claims"),
    )
    await postman(database, Post()).deliver()
    (covered,) = rows(database, model.objection_account)
    assert covered.exclusion_state == "hold"


async def test_the_task_sends_soon_and_finishes_the_mail_in_hand_when_stopped(
    database: Database,
) -> None:
    post = Post()
    one = postman(database, post)
    one.start()
    service(database).file(filing())
    for _ in range(100):
        if post.sent:
            break
        await asyncio.sleep(0.05)
    assert len(post.sent) == 1
    service(database).file(filing(idempotency_key="another"))
    post.during = lambda: one._stopping.set()
    await asyncio.wait_for(one._task, 10)  # type: ignore[arg-type]
    await one.stop()
    assert len(post.sent) == 2
    assert all(row.sent_at for row in rows(database, model.outbox))


async def test_a_mail_that_cannot_be_written_is_noted_and_nothing_personal_logged(
    database: Database,
) -> None:
    service(database).file(filing())
    with database.session() as session:
        session.execute(model.contact.update().values(email=b"\x02broken"))
    with structlog.testing.capture_logs() as logs:
        await postman(database, Post()).deliver()
    (row,) = rows(database, model.outbox)
    assert row.problem == "unwritten" and row.sent_at is None
    assert "ana" not in str(logs).lower()


@pytest.mark.parametrize("url", ["smtp://", "http://a", "smtp://a:b:c", "smtps://[x"])
def test_a_bad_address_of_a_server_is_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL must look like") as error:
        Smtp.parse(url)
    assert url not in str(error.value) or url == "smtp://"


def test_an_address_of_a_server_is_read() -> None:
    smtp = Smtp.parse("smtp://me%40x:p%3Aw@mail.example:2525")
    assert (smtp.host, smtp.port, smtp.tls) == ("mail.example", 2525, False)
    assert (smtp.user, smtp.password) == ("me@x", "p:w")
    assert "p:w" not in repr(smtp)
    assert Smtp.parse("smtps://mail.example").port == 465
