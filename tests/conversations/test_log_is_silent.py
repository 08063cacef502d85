"""A whole conversation leaves nothing of the person in the log, however much is logged."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import httpx
import jwt
import pytest

from tests.conftest import serving

pytestmark = pytest.mark.slow

PERSONAL = ("Zuzana", "Quirke", "zuzana.q", "example.org", "quirkyhandle", "second.handle",
            "third.handle", "watercolours", "neighbour")
SAID = (
    "My neighbour Zuzana asks whether her photos are used",
    "xqzv neighbour",
    '/file_objection{"email": "zuzana.q@example.org"}',
    "I want to object",
    "zuzana.q@example.org",
    "my name is Zuzana B. Quirke",
    "not an address of zuzana.q",
    "zuzana.q@example.org",
    "Ireland",
    "quirkyhandle",
    "instagram",
    "facebook second.handle",
    "facebook third.handle",
    "I paint watercolours of my neighbour {x} 0[",
    "change my e-mail to zuzana.q2@example.org",
    "yes",
    "thank you, Zuzana",
    "zuzana.q@example.org",
)


def test_nothing_personal_is_logged_at_the_most_talkative_level(
    model: Path, tmp_path: Path
) -> None:
    key = "the key that the page has, of 32 bytes"
    settings = {"LOG_LEVEL": "DEBUG", "IDENTITY_KEY": key}
    claims = {"name": "Zuzana Quirke", "email": "no address of zuzana.q", "aud": "objection-bot",
              "exp": time.time() + 600}
    signed, forged = (jwt.encode(claims, one, "HS256") for one in (key, key[::-1]))
    with serving(tmp_path, **settings) as address, httpx.Client(base_url=address) as http:
        refused = http.post("/chat/session", json={"identity": forged})
        assert refused.status_code == 401
        token = http.post("/chat/session", json={"identity": signed}).json()["session"]
        http.headers["Authorization"] = f"Bearer {token}"
        told = ""
        for text in SAID:
            message = {"id": str(uuid.uuid4()), "text": text}
            answer = http.post("/chat/messages", json=message, timeout=30)
            assert answer.status_code == 200
            told += answer.text
        # Requests that fail say what they failed at, too.
        for body in (b'{"text": "Zuzana', b'{"id": "Zuzana Quirke", "text": "Zuzana"}'):
            http.post("/chat/messages", content=body, headers={"Content-Type": "application/json"})
        http.get("/chat/history")
        http.delete("/chat/session")

    log = (tmp_path / "serve.log").read_text("utf-8")
    assert "OBJ-" in told
    # It is the level that would tell everything.
    assert "[redacted]" in log
    assert "level='debug'" in log
    assert [word for word in PERSONAL if word.lower() in log.lower()] == []
    assert "OBJ-" not in log
    conversation = jwt.decode(token, options={"verify_signature": False})["sub"]
    # Only why an identity was refused, for whoever runs this.
    assert "code='InvalidSignatureError'" in log
    for secret in (token, signed, forged, key, conversation, *_secrets(tmp_path)):
        assert secret not in log


def _secrets(folder: Path) -> list[str]:
    lines = (folder / "secrets.env").read_text("ascii").splitlines()
    secrets = [line.partition("=")[2] for line in lines]
    assert len(secrets) == 3
    return secrets
