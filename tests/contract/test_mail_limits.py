"""Limits of mail, over HTTP: who has used theirs up is told so, and has filed all the same."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.contract.conftest import Chat

pytestmark = pytest.mark.slow


def test_one_address_of_the_network_gets_no_more_codes_than_it_may_and_is_kept_nowhere(
    model: Path, tmp_path: Path
) -> None:
    def file(chat: Chat, email: str) -> str:
        for text in ("I want to object", "Ana Silva", email, "skip", "instagram ana.s"):
            chat.says(text)
        for text in ("no", "no", "no", "yes"):
            answer = chat.says(text)
        assert "recorded" in answer[0]["text"]
        return str(answer[-1]["text"])

    limits = {"RATE_LIMIT": "600/minute", "MAIL_RATE_LIMIT": "1/hour"}
    server = Server(tmp_path, TRUSTED_PROXIES="127.0.0.1", LOG_LEVEL="DEBUG", **limits)
    try:
        server.start()
        said = []
        for client in ("203.0.113.7", "203.0.113.7", "198.51.100.9"):
            chat = Chat(server.address)
            chat.http.headers["X-Forwarded-For"] = client
            said.append(file(chat, f"ana{len(said)}@example.org"))
    finally:
        server.stop()
    assert "I have sent a code" in said[0] and "I have sent a code" in said[2]
    assert "No code was sent" in said[1] and "from your network" in said[1]
    assert "I have sent" not in said[1] and "on record without it" in said[1]
    database = sqlite3.connect(tmp_path / "objections.db")
    assert database.execute("SELECT count(*) FROM objection").fetchone() == (3,)
    database.close()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"203.0.113.7" not in path.read_bytes(), path
