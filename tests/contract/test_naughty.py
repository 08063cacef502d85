"""The Big List of Naughty Strings over HTTP, at every place where a client may put a text.

Each string is said, and sent as an id, a name of a file, a token and an identity. Where an answer
takes a turn of its own (the questions of a filing, a number, a code) go some of them;
tests/unit/objections/test_naughty.py has all of them in each field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from bot.objections.errors import FieldError
from bot.objections.fields import parse_full_name
from bot.objections.receipts import verify
from bot.objections.signing import read_published
from bot.runtime.conversation import TextRefused, typed
from bot.runtime.openapi import MESSAGE_ID
from tests.contract.conftest import Chat, fresh
from tests.outside import NAUGHTY

pytestmark = pytest.mark.slow

USUAL = {"full_name": "Ana Silva", "email": "ana@example.org", "country": "Ireland",
         "account": "instagram ana.naughty", "linked_accounts": "no", "unlinked_accounts": "no",
         "reason": "no reason"}


def as_name(text: str) -> str | None:
    with suppress(FieldError):
        return parse_full_name(text)
    return None


NAMES = [text for text in NAUGHTY if as_name(text)]


@pytest.fixture(autouse=True)
def still_answers(server: str) -> Iterator[None]:
    """After each of these tests a new person gets an answer."""
    yield
    assert Chat(server).says("when does it start")[-1]["topic"] == "faq/effective_date"


def posted(chat: Chat, body: Any) -> httpx.Response:
    """The answer to a body, in which a lone surrogate may stand; never trouble of ours."""
    answer = chat.send_bytes(json.dumps(body).encode())
    assert answer.status_code < 500, body
    assert answer.json()
    return answer


def test_whatever_is_said_is_answered_and_remembered_as_it_was(chat: Chat) -> None:
    expected = []
    for text in NAUGHTY:
        answer = posted(chat, {"id": fresh(), "text": text})
        try:
            expected.append(typed(text))
        except TextRefused:
            assert answer.status_code == 422, text
            continue
        assert answer.status_code == 200, text
        assert answer.json()["messages"][-1]["text"]
    assert len(expected) > 480
    # What somebody types for a filing that ended is cleared; nothing here filed, so all is there.
    assert chat.said() == expected


def test_none_of_them_is_a_button_and_few_have_the_form_of_an_id(chat: Chat) -> None:
    for text in NAUGHTY:
        assert posted(chat, {"id": fresh(), "button": text}).status_code == 400, text
        has_form = bool(re.fullmatch(MESSAGE_ID, text))
        answer = posted(chat, {"id": text, "text": "hello"})
        assert answer.status_code == (200 if has_form else 400), text
        assert posted(chat, {text: text}).status_code == 400, text


def test_none_of_them_is_a_receipt_a_token_or_a_login(chat: Chat) -> None:
    for text in NAUGHTY:
        path = f"/chat/receipts/{quote(text, safe='')}"
        for name in (path, f"{path}.json"):
            assert chat.http.get(name).status_code in (404, 405), text
        login = chat.http.post("/chat/session", json={"identity": text})
        assert login.status_code == 401, text
        # What a client of HTTP refuses to send by itself stands in tests/faults/test_malformed.py.
        token = "".join(char for char in text if char.isprintable()).strip()
        headers = [(b"Authorization", f"Bearer x{token}".encode())]
        assert chat.http.get("/chat/history", headers=headers).status_code == 401, text




def test_what_was_taken_in_a_filing_is_on_the_receipt(server: str) -> None:
    """Each question is answered by one of them first, and as is usual where it is asked again."""
    keys = read_published(httpx.get(f"{server}/receipt-key.json").text)
    taken: list[str] = []
    for n in range(0, len(NAMES), len(NAMES) // 4):
        chat, others = Chat(server), iter([text for text in NAUGHTY[n * 7 :] if text.strip()])
        answer, tried = chat.says("I want to object"), set()
        for _ in range(40):
            step = answer[-1]["asks"]
            if step not in USUAL:
                break
            first = NAMES[n] if step == "full_name" else next(others)
            answer = chat.says(USUAL[step] if step in tried else first)
            tried.add(step)
        assert step == "objection_confirmed", (n, answer)
        card = {line["field"]: line["value"] for line in answer[-1]["card"]}
        links = [one["download"]["url"] for one in chat.says("yes") if "download" in one]
        assert links
        for link in links:
            data = chat.http.get(link.replace(".pdf", ".json")).content
            said = verify(data, keys).content
            assert said["person"]["full_name"] == card["full_name"]
            assert verify(chat.http.get(link).content, keys).content == said
        taken += [card["full_name"]] if card["full_name"] == as_name(NAMES[n]) else []
    assert len(taken) >= 2


def test_where_a_number_or_a_code_is_asked_for_they_are_answered(chat: Chat) -> None:
    for text in NAUGHTY[1::12]:
        assert chat.says("what is the state of my objection?")[-1]["asks"] == "reference"
        posted(chat, {"id": fresh(), "text": text})
    for text in ("I object. I'm Ana Silva, ana@example.org, Ireland, instagram ana.coded", "no",
                 "no", "no reason", "yes"):
        answer = chat.says(text)
    assert answer[-1]["asks"] == "verification_code"
    for text in NAUGHTY[7::24]:
        posted(chat, {"id": fresh(), "text": text})
