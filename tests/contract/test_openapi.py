"""What /openapi.json says is what is served: compared by hand, and by schemathesis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from sanic import Sanic
from schemathesis.specs.openapi.checks import positive_data_acceptance

from bot.app import PAGES, Application, web
from bot.runtime.http_errors import ERRORS
from bot.settings import Settings
from tests.contract.conftest import EVENTS, JSON, Chat, fresh

pytestmark = pytest.mark.slow

EXAMPLES = 30
# What the schema cannot say: a button is one that was offered, and a text has more than blanks.
OF_THE_CONVERSATION = {"unknown_button", "text_refused"}


@pytest.fixture(scope="module")
def api(server: str) -> Any:
    """The published document, read by schemathesis."""
    return schemathesis.openapi.from_url(f"{server}/openapi.json")


@schemathesis.pytest.from_fixture("api").parametrize()
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
def test_schemathesis_finds_nothing(case: Any, server: str) -> None:
    # One each, because among the calls is the one that deletes it.
    token = httpx.post(f"{server}/chat/session", json={}).json()["session"]
    answer = case.call(headers={"Authorization": f"Bearer {token}"})
    is_refused = answer.status_code in (400, 422) and answer.json()["error"] in OF_THE_CONVERSATION
    case.validate_response(answer, excluded_checks=[positive_data_acceptance] * is_refused)


def test_the_answers_of_a_whole_filing_are_as_the_document_says(api: Any, chat: Chat) -> None:
    members: set[str] = set()
    details = "I object. I'm Ana Silva, ana@example.org, Ireland, instagram ana.s"
    for accept, texts in ((JSON, (details, "ana@", "no", "no")), (EVENTS, ("no reason", "yes"))):
        for text in texts:
            answer = chat.send({"id": fresh(), "text": text}, accept)
            api["/chat/messages"]["POST"].validate_response(answer)
            history = chat.http.get("/chat/history")
            api["/chat/history"]["GET"].validate_response(history)
            bots = [one for one in history.json()["messages"] if one["from"] == "bot"]
            members.update(*bots)
    # Each member that a message has at times is among what was compared.
    assert {"input", "progress", "back", "card", "download"} <= members
    (address,) = {one["download"]["url"] for one in bots if "download" in one}
    for path in (address, address.replace(".pdf", ".json")):
        answer = chat.http.get(path)
        assert answer.status_code == 200
        api["/chat/receipts/{name}"]["GET"].validate_response(answer)


def test_every_route_and_every_error_is_in_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    document = httpx.get(f"{server}/openapi.json").json()
    monkeypatch.setattr(Sanic, "test_mode", True)
    configured = Settings.load({"DATA_DIR": str(tmp_path)}, tmp_path)
    app = web(Application(configured, tmp_path), configured)
    served = {
        (f"/{route.path}".replace("<name:str>", "{name}"), method.lower())
        for route in app.router.routes
        for method in route.methods
        # The answer to a browser's question before a call from another page.
        if method != "OPTIONS"
    }
    pages = {(path, "get") for path in (*PAGES, "/favicon.ico")}
    told = {(path, method) for path, one in document["paths"].items() for method in one}
    assert served - pages == told
    written = json.dumps(document["paths"])
    assert [code for code in ERRORS if f'"{code}"' not in written] == ["method_not_allowed"]


def test_an_address_tells_which_methods_it_takes(server: str) -> None:
    taken = {"/chat/session": {"POST", "DELETE", "OPTIONS"}, "/health/live": {"GET"}}
    for path, methods in taken.items():
        answer = httpx.request("PATCH", server + path)
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == methods


def test_who_has_no_session_is_told_how_to_say_who_asks(server: str) -> None:
    assert httpx.get(f"{server}/chat/history").headers["www-authenticate"] == "Bearer"
