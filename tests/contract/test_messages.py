"""A message is answered as JSON or as a stream of events, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.conftest import EVENTS, JSON, Chat, assert_error, events, fresh

pytestmark = pytest.mark.slow


def test_a_question_is_answered_as_json(chat: Chat) -> None:
    answer = chat.send({"id": fresh(), "text": "Are my private messages used?"})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == JSON
    assert set(answer.json()) == {"messages"}
    last = answer.json()["messages"][-1]
    assert {"id", "text", "topic", "asks", "buttons"} <= set(last)
    assert last["topic"] == "faq/data_excluded"
    assert "private messages" in last["text"]
    assert last["asks"] is None
    assert all(set(button) == {"id", "title"} for button in last["buttons"])


def test_the_same_answer_comes_as_events_and_done_is_the_last(chat: Chat) -> None:
    question = {"id": fresh(), "text": "Are my private messages used?"}
    answer = chat.send(question, accept=EVENTS)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    names = [name for name, _ in events(answer)]
    assert names == ["message"] * (len(names) - 1) + ["done"]
    assert len(names) >= 2
    messages = [data for name, data in events(answer) if name == "message"]
    assert chat.send(question).json()["messages"] == messages


def test_the_first_answer_says_who_is_talking_and_where_an_objection_goes(chat: Chat) -> None:
    first = chat.says("hello")[0]["text"]

    assert "chatbot, not a person" in first
    assert "not run by Meta" in first
    assert "Nothing is sent to Meta" in first


def test_a_client_that_follows_only_asks_can_file_an_objection(chat: Chat) -> None:
    replies = {
        "full_name": "Ana Silva",
        "email": "ana@example.org",
        "country": "Ireland",
        "account": "instagram ana.s",
        "linked_accounts": "facebook ana.silva.5",
        "unlinked_accounts": "no",
        "reason": "no",
        "objection_confirmed": "yes",
    }
    asked = []
    answer = chat.presses("object")
    while answer[-1]["asks"] in replies and len(asked) < 20:
        asked.append(answer[-1]["asks"])
        answer = chat.says(replies[asked[-1]])

    assert list(dict.fromkeys(asked)) == list(replies)
    assert "OBJ-" in answer[0]["text"]


def test_a_question_says_what_kind_of_input_it_wants(chat: Chat) -> None:
    assert chat.says("I want to object")[-1]["input"]["autocomplete"] == "name"
    assert chat.says("Ana Silva")[-1]["input"] == {
        "type": "email", "inputmode": "email", "autocomplete": "email",
    }


def test_a_button_is_pressed_by_its_id(chat: Chat) -> None:
    greeting = chat.presses("hello")[-1]
    (to_object,) = [b["id"] for b in greeting["buttons"] if b["title"] == "I want to object"]

    assert chat.presses(to_object)[-1]["asks"] == "full_name"


def test_a_button_that_was_never_offered_is_unknown(chat: Chat) -> None:
    chat.presses("hello")
    for button in ("nobody.0.0", "affirm", "file_objection", "faq.data_used"):
        assert_error(chat.send({"id": fresh(), "button": button}), 400, "unknown_button")


def test_repeating_an_id_returns_the_first_answer_and_does_nothing_twice(chat: Chat) -> None:
    message = {"id": fresh(), "text": "I want to object"}
    first = chat.send(message).json()
    before = chat.history()

    assert chat.send(message).json() == first
    assert chat.send({**message, "text": "Ana Silva"}).json() == first
    assert chat.history() == before


def test_repeating_the_confirmation_files_one_objection(chat: Chat) -> None:
    for text in ("I want to object", "Ana Silva", "ana@example.org", "skip", "instagram ana.s"):
        chat.says(text)
    for text in ("no", "no", "no"):
        chat.says(text)
    yes = {"id": fresh(), "text": "yes"}
    answers = [chat.send(yes).json() for _ in range(2)]

    assert "OBJ-" in answers[0]["messages"][0]["text"]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("accept", [JSON, EVENTS])
def test_the_same_id_many_times_at_once_is_one_turn(chat: Chat, accept: str) -> None:
    message = {"id": fresh(), "text": "I want to object"}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: chat.send(message, accept), range(6)))

    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.text for answer in answers}) == 1
    assert chat.said() == ["I want to object"]


def test_different_messages_at_once_each_get_a_turn_of_their_own(chat: Chat) -> None:
    texts = ["when does it start", "are my private messages used", "which apps are meant"]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(chat.says, texts))

    assert sorted(chat.said()) == sorted(texts)
