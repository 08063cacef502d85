"""What each mail says, and what none of them says to an address that nobody has confirmed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from email.message import EmailMessage

import pytest

from bot.objections import codes, model
from bot.objections.casebook import CaseReader
from bot.objections.db import Database
from bot.objections.letters import Mail, composed
from bot.objections.receipts import Issuer, verify
from tests.unit.objections.examples import ANA_ON_FACEBOOK, ISSUER, filing
from tests.unit.objections.mailing import (
    HELPER,
    KEYS,
    NOW,
    Post,
    body,
    confirmed,
    decided,
    postman,
    rows,
    service,
    waiting,
)

PERSONAL = ("Ana", "Silva", "ana.s", "ana.silva", "children")


async def sent(database: Database, issuer: Issuer = ISSUER) -> dict[str, EmailMessage]:
    post = Post()
    await postman(database, post, issuer).deliver()
    return {str(message["Subject"]): message for message in post.sent}


async def test_the_first_mail_has_the_number_and_the_code_and_nothing_personal(
    database: Database,
) -> None:
    number = service(database).file(filing()).objections[0].reference
    post = Post()
    await postman(database, post).deliver()
    (message,) = post.sent
    said = body(message)
    assert message["To"] == "ana@example.org"
    code = re.search(r"Your code is (\d{3} \d{3})", said)
    assert code and number in said and code[1] in message["Subject"]
    (row,) = rows(database, model.verification)
    with database.session() as session:
        assert codes.check(session, KEYS, row.id, code[1].replace(" ", ""), NOW)
    assert f"<strong style=\"white-space:nowrap\">{code[1]}</strong>" in body(message, "html")
    whole = message.as_string()
    assert not [word for word in PERSONAL if re.search(rf"\b{word}\b", whole)]


async def test_a_receipt_goes_to_a_confirmed_address_alone(database: Database) -> None:
    number = service(database).file(filing()).objections[0].reference
    waiting(database, "receipt")
    assert f"Your receipt for objection {number}" not in await sent(database)
    confirmed(database)
    waiting(database, "receipt")
    message = (await sent(database))[f"Your receipt for objection {number}"]
    files = {part.get_filename(): part for part in message.iter_attachments()}
    assert set(files) == {f"{number}.pdf", f"{number}.json"}
    for part in files.values():
        receipt = verify(part.get_content(), [ISSUER.signer.public])
        assert receipt.content["reference"] == number


async def test_a_helper_writes_to_the_platform_at_once_and_sends_a_copy_once_confirmed(
    database: Database,
) -> None:
    record = service(database, HELPER)
    number = record.file(filing(linked_accounts=(ANA_ON_FACEBOOK,))).objections[0].reference
    waiting(database, "letter_copy")
    mails = await sent(database, HELPER)
    letter = mails[f"Objection under Art. 21 GDPR, our number {number}"]
    assert letter["To"] == "privacy@platform.example"
    assert letter["Reply-To"] == "ana@example.org"
    said = body(letter)
    for part in ("Ana Silva", "ana.s", "ana.silva", "My children are in my photos.", "Art. 18"):
        assert part in said
    assert not [subject for subject in mails if subject.startswith("Copy")]
    confirmed(database)
    waiting(database, "letter_copy")
    (copy,) = (await sent(database, HELPER)).values()
    assert copy["To"] == "ana@example.org"
    assert "Ana Silva objects under Art. 21(1)" in body(copy)


async def test_a_helper_passes_on_that_it_was_taken_back(database: Database) -> None:
    moments = iter(NOW + timedelta(minutes=n) for n in range(100))
    record = service(database, HELPER, lambda: next(moments))
    number = record.file(filing()).objections[0].reference
    post = Post()
    late = NOW + timedelta(days=1)
    await postman(database, post, HELPER, lambda: late).deliver()
    confirmed(database)
    record.withdraw([number], "chat")
    post.sent.clear()
    await postman(database, post, HELPER, lambda: late).deliver()
    subjects = {str(message["To"]): str(message["Subject"]) for message in post.sent}
    assert subjects == {
        "ana@example.org": f"Objection {number} was taken back",
        "privacy@platform.example": f"Objection {number} is withdrawn",
    }


async def test_a_letter_that_did_not_go_out_before_it_was_taken_back_does_not_go_out(
    database: Database,
) -> None:
    moments = iter(NOW + timedelta(minutes=n) for n in range(100))
    record = service(database, HELPER, lambda: next(moments))
    number = record.file(filing()).objections[0].reference
    record.withdraw([number], "chat")
    post = Post()
    await postman(database, post, HELPER, lambda: NOW + timedelta(days=1)).deliver()
    assert not [m for m in post.sent if str(m["Subject"]).startswith("Objection under")]


async def test_what_operators_decide_is_told_with_its_reasons(database: Database) -> None:
    number = service(database).file(filing()).objections[0].reference
    refusal = decided(database, "refused", "We need it in court.", ground="legal_claims")
    later = decided(
        database, "extended", "Very many came at once.",
        due_before=date(2024, 12, 27), due_after=date(2025, 1, 27),
    )
    waiting(database, "refused", decision_id=refusal)
    waiting(database, "extended", decision_id=later)
    for kind in ("upheld", "not_matched", "reopened"):
        waiting(database, kind)
    mails = await sent(database)
    refused = body(mails[f"Your objection {number} was refused"])
    assert "defending legal claims" in refused and "We need it in court." in refused
    assert "data protection authority" in refused and "court" in refused
    extended = body(mails[f"The answer to objection {number} takes longer"])
    assert "27 January 2025" in extended and "Very many came at once." in extended
    assert f"Your objection {number} was upheld" in mails
    assert f"No account was found for objection {number}" in mails
    assert f"Your objection {number} is looked at again" in mails


@pytest.mark.parametrize("address", ["ünï@example.org", "=?utf-8?q?a?=@example.org"])
async def test_an_address_that_cannot_be_mailed_stops_its_own_mail_for_good_and_no_letter(
    database: Database, address: str
) -> None:
    """As it may stand in a record from before such an address was refused."""
    number = service(database, HELPER).file(filing()).objections[0].reference
    (contact,) = rows(database, model.contact)
    sealer = KEYS.subject(contact.wrapped_key, contact.id)
    broken = sealer.seal(address, table="contact", row_id=contact.id, column="email")
    with database.session() as session:
        session.execute(model.contact.update().values(email=broken))
    (letter,) = (await sent(database, HELPER)).values()
    assert letter["To"] == "privacy@platform.example" and letter["Reply-To"] is None
    assert address in body(letter)
    assert letter.as_bytes()
    mails = {mail.kind: mail for mail in CaseReader(database, KEYS).case(number).mails}
    assert (mails["code"].state, mails["code"].problem) == ("failed", "unmailable")
    assert mails["letter"].state == "sent"


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_hostile_words_stay_words(kind: str) -> None:
    hostile = '<img src=x onerror=alert(1)>\r\nBcc: eve@example.org\r\n\r\n"&'
    mail = Mail("ana@example.org", hostile, (hostile,), reply_to="ana@example.org")
    message = composed(mail, "bot@help.example", "a" * 32, NOW)
    assert message["Bcc"] is None and "\n" not in str(message["Subject"])
    said = body(message, kind)
    assert ("&lt;img" in said) if kind == "html" else ("<img" in said)


def test_a_mail_keeps_its_id_and_says_that_a_machine_wrote_it() -> None:
    mail = Mail("ana@example.org", "Hello", ("Text é 李",))
    first, again = (composed(mail, "bot@help.example", "a" * 32, NOW) for _ in range(2))
    assert first["Message-ID"] == again["Message-ID"] == f"<{'a' * 32}@help.example>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert body(first).strip() == "Text é 李"
