"""The Big List of Naughty Strings, in each field of the record: refused with a sentence, or taken,
and then the same on the receipt, in the record and in the mails."""

from __future__ import annotations

import io
import json
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import default
from functools import partial
from html.parser import HTMLParser
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import IndirectObject
from sqlalchemy import select

from bot.objections import codes, model, references
from bot.objections.accounts import Account, account_of, parse_account
from bot.objections.casebook import CaseReader
from bot.objections.db import Database
from bot.objections.errors import FieldError
from bot.objections.fields import parse_country, parse_email, parse_full_name, parse_reason
from bot.objections.listing import Filter
from bot.objections.outbox import Waiting
from bot.objections.receipt_pdf import page
from bot.objections.receipts import issue, verify
from bot.understanding.scan import scan
from tests.outside import NAUGHTY
from tests.unit.objections.examples import ISSUER, filing
from tests.unit.objections.mailing import HELPER, KEYS, NOW, Post, postman, service
from tests.unit.objections.test_receipts import FACTS

# What a browser draws of our mails: nothing that loads, links or runs.
ELEMENTS = {"html", "head", "meta", "title", "body", "div", "p", "br", "strong"}
ATTRIBUTES = {"lang", "charset", "name", "content", "style"}
# What a PDF can do by itself or when it is clicked, apart from showing its first page.
# Source: ISO 32000-1, 12.6
ACTIONS = {"/JS", "/JavaScript", "/AA", "/Launch", "/URI", "/GoToR", "/GoToE",
           "/SubmitForm", "/ImportData", "/RichMedia", "/AcroForm", "/XFA"}
ON_INSTAGRAM = partial(account_of, "instagram")
READERS: dict[str, Callable[[str], Any]] = {
    "full name": parse_full_name,
    "e-mail": parse_email,
    "country": parse_country,
    "reason": parse_reason,
    "account": parse_account,
    "account on a platform": ON_INSTAGRAM,
    "number": references.parse_reference,
}
FINDERS: dict[str, Callable[[str], Any]] = {
    "number": references.find_reference,
    "code": codes.find_code,
    "scanned": scan,
}


def seen(text: str) -> str:
    """What is seen of a text: no blanks and nothing invisible, however it is composed."""
    kept = (char for char in text if unicodedata.category(char)[0] not in "CZ")
    return unicodedata.normalize("NFC", "".join(kept))


def letters(text: str) -> str:
    """Its letters alone, in lower case."""
    return "".join(char for char in seen(text).casefold() if char.isalpha())


def taken(read: Callable[[str], Any], text: str) -> Any:
    """What a field makes of a text, or None where it is refused with a sentence."""
    try:
        return read(text)
    except FieldError as refusal:
        assert refusal.sentence.endswith((".", "?"))
        return None


@pytest.mark.parametrize("field", READERS)
def test_each_field_takes_or_refuses_each_of_them(field: str) -> None:
    found = [taken(READERS[field], text) for text in NAUGHTY]
    again = {"full name", "e-mail", "reason", "number"}
    for value in found:
        if value is not None and field in again:
            assert READERS[field](value) == value


@pytest.mark.parametrize("what", FINDERS)
def test_nothing_in_them_breaks_what_looks_for_details(what: str) -> None:
    for text in NAUGHTY:
        FINDERS[what](text)


@dataclass(frozen=True)
class Filed:
    """A filing with one of the strings in every field that takes it; None where none did."""

    text: str
    number: str
    full_name: str | None
    email: str | None
    account: Account | None
    reason: str | None


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('naughty') / 'record.db'}")
    database.migrate()
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def filed(database: Database) -> list[Filed]:
    """One filing for each string."""
    record, made = service(database, HELPER), []
    for n, text in enumerate(NAUGHTY):
        values = {
            "full_name": taken(parse_full_name, text),
            "email": taken(parse_email, f"{n}.{text}@example.org"),
            "account": taken(ON_INSTAGRAM, text),
            "reason": taken(parse_reason, text),
        }
        given = {
            "email": f"ana{n}@example.org",
            "account": Account("instagram", f"ana.n{n}"),
            **{name: value for name, value in values.items() if value is not None},
        }
        filing_ = filing(idempotency_key=f"key-{n}", **given)
        made.append(Filed(text, record.file(filing_).objections[0].reference, **values))
    return made


def test_in_each_field_some_of_them_are_taken_and_some_refused(filed: list[Filed]) -> None:
    for field in ("full_name", "email", "account", "reason"):
        assert 20 < sum(getattr(one, field) is not None for one in filed) < len(filed), field


def test_what_was_taken_is_what_was_typed(filed: list[Filed]) -> None:
    for n, one in enumerate(filed):
        if one.full_name is not None:
            assert letters(one.full_name) == letters(one.text)
        if one.email is not None:
            typed = unicodedata.normalize("NFKC", f"{n}.{one.text}@example.org")
            assert one.email == seen(typed)
        if one.account is not None:
            assert letters(one.account.handle) in letters(one.text)
        if one.reason is not None:
            assert seen(one.reason) == seen(one.text)


def test_the_receipt_and_the_record_have_the_same_text(
    database: Database, filed: list[Filed]
) -> None:
    record = service(database, HELPER)
    wanted = Filter(NOW.date(), statuses=model.CASE_STATUSES)
    cases = {case.reference: case for case in CaseReader(database, KEYS).cases(wanted)}
    for one in filed:
        case, data = cases[one.number], record.receipt(one.number).file()
        content = json.loads(data)["receipt"]
        assert verify(data, (ISSUER.signer.public,)).content == content
        assert content["person"]["full_name"] == case.full_name == (one.full_name or "Ana Silva")
        handles = [account["handle"] for account in content["accounts"]]
        assert handles == [account.handle for account in case.accounts]
        if one.account is not None:
            assert handles == [one.account.handle]
        if one.email is not None:
            assert case.email == one.email
        if one.reason is not None:
            assert case.reason == one.reason


class Page(HTMLParser):
    """The elements, their attributes and the text of an HTML page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.elements.add("comment")


def test_in_a_letter_to_the_platform_they_are_text_and_no_header(
    database: Database, filed: list[Filed]
) -> None:
    """The letter quotes name, accounts, address and reason: everything that a person tells."""
    post = postman(database, Post(), HELPER)
    table = model.objection
    with database.session(read_only=True) as session:
        rows = {row.reference: row for row in session.execute(select(table))}
    headers = set()
    for one in filed:
        row = rows[one.number]
        waiting = Waiting(model.new_id(), "letter", row.contact_id, row.id, None, None, 1)
        made = post._composed(waiting, NOW)
        assert made is not None
        message = message_from_bytes(made.as_bytes(), policy=default)
        assert message.keys() == made.keys()
        assert message.defects == []
        headers.add(tuple(sorted(message.keys())))
        plain, drawn = (str(message.get_body((kind,)).get_content()) for kind in ("plain", "html"))
        html = Page(drawn)
        assert html.elements <= ELEMENTS
        assert html.attributes <= ATTRIBUTES
        for said in (one.full_name, one.account and one.account.handle, one.email, one.reason):
            if said is not None:
                assert seen(said) in seen(plain)
                assert seen(said) in seen(html.text)
    # Whatever was typed, the head has the same lines.
    assert len(headers) == 1


def keys_of(value: Any) -> Iterator[str]:
    """The names of all that stands in a PDF's object."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield str(inner) if key == "/S" else ""
            if not isinstance(inner, IndirectObject):
                yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from () if isinstance(inner, IndirectObject) else keys_of(inner)


def test_on_a_printed_receipt_they_are_drawn_and_do_nothing() -> None:
    """Also those that no field takes: the page does not rely on the fields."""
    for first in range(0, len(NAUGHTY), 101):
        texts = NAUGHTY[first : first + 101]
        accounts = tuple(Account("facebook", text) for text in texts)
        receipt = issue(replace(FACTS, full_name=texts[0], accounts=accounts), ISSUER)
        data = page(receipt)
        assert verify(data, (ISSUER.signer.public,)) == receipt
        pdf = PdfReader(io.BytesIO(data))
        objects = [pdf.get_object(number) for number in range(1, pdf.trailer["/Size"])]
        named = {name for one in (*objects, pdf.trailer) for name in keys_of(one)}
        assert "/Type" in named
        assert not named & ACTIONS
