"""Health, the widget and the demo page; and nothing of Rasa's own HTTP interface."""

from __future__ import annotations

import httpx
import pytest

from tests.contract.conftest import EVENTS, Chat, assert_error, fresh

pytestmark = pytest.mark.slow


def test_the_server_says_that_it_lives_and_is_ready(server: str) -> None:
    assert httpx.get(f"{server}/health/live").status_code == 200
    ready = httpx.get(f"{server}/health/ready")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)


def test_the_demo_page_embeds_the_widget_and_the_widget_is_there(server: str) -> None:
    page = httpx.get(f"{server}/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "widget.js" in page.text

    widget = httpx.get(f"{server}/widget.js")
    assert widget.status_code == 200
    assert widget.headers["content-type"].startswith("text/javascript")
    assert "customElements" in widget.text


def test_the_demo_page_runs_nobody_elses_code_and_sits_in_nobody_elses_frame(server: str) -> None:
    page = httpx.get(f"{server}/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["x-content-type-options"] == "nosniff"


def test_every_answer_is_guarded_against_being_taken_for_something_else(chat: Chat) -> None:
    answers = [
        chat.http.get("/"),
        chat.http.get("/widget.js"),
        chat.http.get("/receipt-key.json"),
        chat.http.get("/chat/history"),
        chat.send({"id": fresh(), "text": "hello"}, EVENTS),
        chat.http.get("/chat/nothing"),
        chat.http.post("/chat/messages", content=b" " * 9_000),
    ]
    assert {answer.status_code for answer in answers} == {200, 404, 413}
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "base-uri 'none'" in policy
        assert "frame-ancestors 'none'" in policy


def test_what_a_person_said_is_in_no_cache(chat: Chat) -> None:
    answers = [
        chat.http.post("/chat/messages", json={"id": "12345678", "text": "hello"}),
        chat.http.get("/chat/history"),
        chat.http.get("/chat/nothing"),
    ]
    assert [answer.headers["cache-control"] for answer in answers] == ["no-store"] * 3


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        "/status",
        "/version",
        "/domain",
        "/model/parse",
        "/model/train",
        "/conversations/x/tracker",
        "/conversations/x/tracker/events",
        "/conversations/x/execute",
        "/webhook",
        "/webhooks/rest/webhook",
        "/webhooks/rest/",
        "/socket.io/",
    ],
)
def test_rasas_own_interface_is_not_there(server: str, method: str, path: str) -> None:
    assert_error(httpx.request(method, server + path), 404, "not_found")


@pytest.mark.parametrize(
    "path", ["/%2e%2e/settings.py", "/..%2fsettings.py", "/index.html", "/bot/settings.py"]
)
def test_no_other_file_is_served(server: str, path: str) -> None:
    assert httpx.get(server + path).status_code == 404


@pytest.mark.parametrize("language", ["ar", "de", "es", "fr", "pt"])
def test_the_widgets_sentences_can_be_read_from_pages_elsewhere(server: str, language: str) -> None:
    sentences = httpx.get(f"{server}/locales/{language}.json")
    assert sentences.status_code == 200
    assert sentences.headers["content-type"] == "application/json"
    assert sentences.headers["access-control-allow-origin"] == "*"
    assert sentences.json()["send"]
