"""Health, the widget and the demo page; and nothing of Rasa's own HTTP interface."""

from __future__ import annotations

import html
import re
from pathlib import Path

import httpx
import pytest

from tests.conftest import serving
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


# What the page says in each role, and what in none but that one.
ROLES = {
    "demo": ("This is a demo.", "Nothing is sent to Meta."),
    "controller": ("This chat is run by Meta.", "What you file here is your objection to Meta."),
    "helper": (
        "This chat is run by A Library. It is not run by Meta.",
        "What you file here is recorded, and sent to Meta as a letter in your name.",
    ),
}
ONLY_IN_A_DEMO = re.compile(r"\bdemo\b|nothing is sent|does not reach|stays here", re.IGNORECASE)


@pytest.mark.parametrize("role", ROLES)
def test_the_page_is_true_in_each_role(model: Path, tmp_path: Path, role: str) -> None:
    settings = {"OPERATOR_ROLE": role, "CONTROLLER_CONTACT": "privacy@platform.example"}
    if role == "helper":
        settings["OPERATOR_NAME"] = "A Library"
    with serving(tmp_path, **settings) as address:
        page = httpx.get(f"{address}/").text
    # As a person reads it: the markup is not what is said.
    said = " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page.partition("<body>")[2])).split())
    for one in ROLES[role]:
        # Above the article, where it tells how to object, and at the end.
        assert said.count(one) >= 2, one
    others = {one for name, told in ROLES.items() if name != role for one in told}
    assert [one for one in others if one in said] == []
    assert bool(ONLY_IN_A_DEMO.search(said)) == (role == "demo")
    assert not re.search(r"\{[a-z_]+\}", page)


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
