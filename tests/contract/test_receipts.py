"""A receipt is for the conversation in which its objection was filed, and for nobody else."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from bot.objections.receipts import verify
from bot.objections.references import new_reference
from bot.objections.signing import read_published
from tests.contract.conftest import FORMER_KEY, JSON, Chat, Guarded, assert_error

pytestmark = pytest.mark.slow


def file(chat: Chat, *unlinked: str) -> list[dict[str, Any]]:
    """File an objection for instagram ana.s, and one for each account that is not linked."""
    for text in ("I want to object", "Ana Silva", "ana@example.org", "skip", "instagram ana.s"):
        chat.says(text)
    for text in ("no", ", ".join(unlinked) or "no", "no"):
        answer = chat.says(text)
    assert answer[-1]["asks"] == "objection_confirmed"
    return chat.says("yes")


def downloads(answer: list[dict[str, Any]]) -> list[str]:
    """The addresses of the files in an answer."""
    found = [message["download"] for message in answer if "download" in message]
    assert all(set(one) == {"url", "title"} and one["title"] for one in found)
    return [one["url"] for one in found]


def test_the_confirmation_carries_the_receipt(chat: Chat) -> None:
    answer = file(chat)
    (address,) = downloads(answer)

    assert downloads(answer[:1]) == [address]
    pdf = chat.http.get(address)
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert downloads(chat.history()) == [address]


def test_the_receipt_is_the_same_as_a_file_of_json(chat: Chat) -> None:
    (address,) = downloads(file(chat))
    answer = chat.http.get(address.replace(".pdf", ".json"))

    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    assert set(answer.json()) == {"receipt", "key", "signature"}
    content = answer.json()["receipt"]
    assert content["reference"] in address
    assert content["person"] == {"full_name": "Ana Silva"}
    assert [one["handle"] for one in content["accounts"]] == ["ana.s"]
    assert chat.http.get(address.replace(".pdf", ".json")).content == answer.content


def test_it_is_genuine_under_the_published_key(chat: Chat) -> None:
    (address,) = downloads(file(chat))
    key = httpx.get(f"{chat.address}/receipt-key.json")

    assert key.headers["content-type"] == JSON
    assert key.headers["x-content-type-options"] == "nosniff"
    (one,) = key.json()["keys"]
    assert set(one) == {"id", "algorithm", "public"}
    for kind in ("pdf", "json"):
        data = chat.http.get(address.replace("pdf", kind)).content
        receipt = verify(data, read_published(json.dumps(key.json())))
        assert receipt.key_id == one["id"]


def test_a_former_key_stays_published_behind_the_present_one(guarded: Guarded) -> None:
    present, former = httpx.get(f"{guarded.address}/receipt-key.json").json()["keys"]
    assert former == FORMER_KEY.as_dict()
    assert present["id"] != former["id"]


def test_each_of_several_objections_has_a_receipt_in_a_message_of_its_own(chat: Chat) -> None:
    answer = file(chat, "facebook silva.flowers", "instagram ana_old")
    addresses = downloads(answer)

    assert len(set(addresses)) == 3
    handles = [
        chat.http.get(address.replace(".pdf", ".json")).json()["receipt"]["accounts"][0]["handle"]
        for address in addresses
    ]
    assert handles == ["ana.s", "silva.flowers", "ana_old"]


def test_the_receipt_of_an_earlier_filing_stays(chat: Chat) -> None:
    (first,) = downloads(file(chat))
    # What was told before is not asked for again.
    for text in ("I want to object", "instagram ana.two", "no", "no"):
        chat.says(text)
    (second,) = downloads(chat.says("yes"))

    assert first != second
    assert [chat.http.get(address).status_code for address in (first, second)] == [200, 200]


def test_it_is_kept_by_no_cache_and_opened_by_no_page(chat: Chat) -> None:
    (address,) = downloads(file(chat))
    for kind in ("pdf", "json"):
        headers = chat.http.get(address.replace("pdf", kind)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-disposition"].startswith('attachment; filename="receipt-OBJ-')
        assert headers["content-disposition"].endswith(f'.{kind}"')


def test_somebody_else_gets_the_same_for_a_number_that_exists_and_for_one_that_does_not(
    chat: Chat,
) -> None:
    (address,) = downloads(file(chat))
    stranger = Chat(chat.address)
    file(stranger)
    invented = f"/chat/receipts/{new_reference()}.pdf"

    answers = [stranger.http.get(one) for one in (address, invented)]
    for answer in answers:
        assert_error(answer, 404, "not_found")
        assert answer.headers["cache-control"] == "no-store"
    assert answers[0].content == answers[1].content


def test_a_number_that_is_only_talked_about_gives_no_receipt(chat: Chat) -> None:
    (address,) = downloads(file(chat))
    reference = address.rpartition("/")[2].removesuffix(".pdf")
    stranger = Chat(chat.address)

    asked = stranger.says(f"what is the status of {reference}?")[-1]
    assert asked["asks"] == "verification_code" and "download" not in asked
    assert_error(stranger.http.get(address), 404, "not_found")


def test_a_deleted_conversation_gives_no_receipt_any_more(chat: Chat) -> None:
    (address,) = downloads(file(chat))
    assert chat.http.delete("/chat/session").status_code == 204

    assert_error(chat.http.get(address), 401, "unauthorized")


@pytest.mark.parametrize("ending", ["", ".", ".xml", ".PDF", ".pdf.json", "%2f..%2f.pdf"])
def test_other_endings_are_not_there(chat: Chat, ending: str) -> None:
    (address,) = downloads(file(chat))
    assert_error(chat.http.get(address.removesuffix(".pdf") + ending), 404, "not_found")


@pytest.mark.parametrize("authorization", [None, "Bearer x", "Basic eDp5"])
def test_without_the_token_there_is_nothing(chat: Chat, authorization: str | None) -> None:
    (address,) = downloads(file(chat))
    headers = {"Authorization": authorization} if authorization else {}
    assert_error(httpx.get(chat.address + address, headers=headers), 401, "unauthorized")


def test_a_page_may_ask_first_whether_it_may_fetch_one(server: str) -> None:
    address = f"{server}/chat/receipts/OBJ.pdf"
    assert httpx.options(address, headers={"Origin": server}).status_code == 204
    foreign = httpx.options(address, headers={"Origin": "https://evil.example"})
    assert_error(foreign, 403, "foreign_origin")
