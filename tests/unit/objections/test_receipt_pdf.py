"""The page that a person keeps: everything is on it, in any script, and its file is inside."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from bot.objections.accounts import ACCOUNTS_MAX, Account
from bot.objections.lettering import MISSING, drawn, lacking
from bot.objections.receipt_pdf import page
from bot.objections.receipts import NotGenuine, issue, verify
from tests.unit.objections.examples import ISSUER
from tests.unit.objections.test_receipts import CONTROLLER, FACTS, PUBLIC

DUE = date(2024, 12, 27)
MANY = tuple(Account("facebook", f"silva.flowers.{n}") for n in range(1 + ACCOUNTS_MAX))
LONGEST = tuple(Account("facebook", f"{'a' * 24}.{n:02}.{'b' * 22}") for n in range(21))


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data))


def words(data: bytes) -> str:
    """The text of all pages, each run of spaces and line ends as one space."""
    return " ".join(" ".join(one.extract_text() for one in read(data).pages).split())


def pdf(issuer: Any = ISSUER, **changes: Any) -> bytes:
    return page(issue(replace(FACTS, **changes), issuer))


def test_everything_that_was_signed_is_on_the_page() -> None:
    receipt = issue(replace(FACTS, full_name="Ana Silva", answer_by=DUE), ISSUER)
    content, shown = receipt.content, words(page(receipt))
    expected = [
        content["reference"], "25 November 2024, 09:30 UTC", "27 December 2024", "Ana Silva",
        "Instagram: ana.s", "Facebook: ana.silva", content["service"]["who"],
        content["service"]["where"], content["objection"], content["reason"],
        content["withdrawal"], content["notice"]["title"], content["notice"]["version"],
        content["notice"]["sha256"], receipt.key_id, receipt.signature,
    ]
    assert [text for text in expected if text not in shown] == []
    # Side by side, so that their lines come mixed.
    for sentence in (*content["does"], *content["does_not"]):
        assert set(sentence.split()) <= set(shown.split())


def test_without_a_day_no_answer_is_promised() -> None:
    assert "Answer due by" in words(pdf(answer_by=DUE))
    assert "Answer due by" not in words(pdf())


def test_a_demo_says_in_large_type_that_nothing_was_sent() -> None:
    assert "A demo: nothing was sent to Meta" in words(pdf())
    assert "demo" not in words(pdf(CONTROLLER)).lower()


def test_as_many_accounts_as_there_can_be_are_all_on_one_page() -> None:
    data = pdf(accounts=MANY, answer_by=DUE, full_name="Ana Silva")
    shown = words(data)
    assert len(read(data).pages) == 1
    assert "The 21 accounts it covers" in shown
    assert [one for one in MANY if f"Facebook: {one.handle}" not in shown] == []


def test_the_longest_names_go_on_on_a_second_page_with_the_number_on_both() -> None:
    data = pdf(accounts=LONGEST, full_name="W" * 100, answer_by=DUE)
    shown = words(data)
    assert len(read(data).pages) == 2
    assert [one for one in LONGEST if one.handle not in shown] == []
    assert "W" * 100 in shown.replace(" ", "")
    for number in (1, 2):
        assert f"{FACTS.reference} page {number} of 2" in shown


def test_the_same_receipt_is_the_same_file() -> None:
    assert pdf() == pdf()


def test_the_page_says_its_language_and_title() -> None:
    data = read(pdf())
    assert data.metadata is not None
    assert data.metadata.title == f"Receipt {FACTS.reference}"
    assert data.trailer["/Root"]["/Lang"] == "en"


def test_the_file_is_inside_and_can_be_checked_without_taking_it_out() -> None:
    receipt = issue(FACTS, ISSUER)
    data = page(receipt)
    assert verify(data, PUBLIC) == receipt
    (attached,) = read(data).attachments[f"receipt-{FACTS.reference}.json"]
    assert attached == receipt.file()


def test_a_changed_file_inside_is_noticed() -> None:
    data = page(issue(replace(FACTS, full_name="Ana Silva"), ISSUER))
    with pytest.raises(NotGenuine) as caught:
        verify(data.replace(b'"Ana Silva"', b'"Ana Silvo"'), PUBLIC)
    assert caught.value.code == "changed"


def test_a_pdf_with_two_receipts_inside_is_not_read() -> None:
    data = pdf()
    start = data.index(b"stream\n{")
    second = data[start : data.index(b"endstream", start) + len(b"endstream")]
    with pytest.raises(NotGenuine) as caught:
        verify(data + second, PUBLIC)
    assert caught.value.code == "unreadable"


@settings(max_examples=15)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
)
def test_no_text_breaks_the_page(name: str, handle: str) -> None:
    receipt = issue(replace(FACTS, full_name=name, accounts=(Account("facebook", handle),)), ISSUER)
    assert verify(page(receipt), PUBLIC) == receipt


@pytest.mark.parametrize("name", ["}\nendstream", "}endstream endobj stream\n{", "%PDF-{}"])
def test_a_name_cannot_end_the_file_inside(name: str) -> None:
    receipt = issue(replace(FACTS, full_name=name), ISSUER)
    assert verify(page(receipt), PUBLIC) == receipt


def test_letters_that_the_type_lacks_are_boxes_and_the_page_says_so() -> None:
    shown = words(pdf(full_name="李小龙"))
    assert MISSING * 3 in shown
    assert f"{MISSING} stands for a letter" in shown
    assert "stands for a letter" not in words(pdf(full_name="Нгуен Ánh"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ana Silva", "Ana Silva"),
        ("e\u0301", "\u00e9"),
        ("a\x00b\u200dc", "a bc"),
        # Joined, and from right to left: initial, medial, medial, final come out backwards.
        ("\u0639\u0631\u0628\u064a", "\ufef2\ufe91\ufeae\ufecb"),
        ("\u0633\u0644\u0627\u0645", "\ufee1\ufefc\ufeb3"),
        ("\u05e2\u05d1", "\u05d1\u05e2"),
        ("\u0645\u0651\u0645", None),
        # A number after Arabic letters belongs to them, and keeps its own direction.
        ("Ana \u0639\u0631 12", "Ana 12 \ufeae\ufecb"),
    ],
)
def test_text_is_drawn_in_the_form_and_order_of_its_script(text: str, shown: str | None) -> None:
    seen = drawn(text, lambda char: True)
    assert seen == shown if shown else len(seen) == len(text)
    assert not lacking(text, lambda char: True)
    assert lacking(text, lambda char: False)
