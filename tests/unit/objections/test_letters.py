"""What each mail says, and what none of them says to an address that nobody has confirmed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage

import pytest

from bot.objections import cases, codes, model
from bot.objections.casebook import CaseReader
from bot.objections.db import Database
from bot.objections.letters import Mail, composed
from bot.objections.receipts import Issuer, verify
from bot.objections.state_sentences import SENTENCES
from bot.objections.verification import Verification
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
    return {subject(message): message for message in post.sent}


def subject(message: EmailMessage) -> str:
    """The subject without who sends it."""
    return str(message["Subject"]).partition(": ")[2]


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
    assert not [said for said in mails if said.startswith("Copy")]
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
    subjects = {str(message["To"]): subject(message) for message in post.sent}
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
    assert not [m for m in post.sent if subject(m).startswith("Objection under")]


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
# --- nothing is said that is not so

# What no mail may say before a list is published and somebody downstream keeps to it.
DONE = re.compile(r"\b(are|is|were|was|been) (now )?(left out|not used|excluded|removed|deleted)\b")
WAYS = {
    "received": (),
    "in_review": ("in_review",),
    "upheld": ("in_review", "upheld"),
    "refused": ("in_review", "refused"),
    "not_matched": ("in_review", "not_matched"),
    "withdrawn": ("withdrawn",),
}
TELLING = ("extended", "upheld", "refused", "not_matched", "reopened", "withdrawn", "receipt")


async def every_mail(database: Database, issuer: Issuer, *states: str) -> list[EmailMessage]:
    """One mail of each kind about an objection that has gone through these states."""
    service(database, issuer).file(filing())
    (objection,) = rows(database, model.objection)
    for state in states:
        with database.session() as session:
            cases.move(session, objection.id, state, NOW)
    refusal = decided(database, "refused", "It is needed in court.", ground="legal_claims")
    later = decided(
        database, "extended", "Very many came.",
        due_before=date(2024, 12, 27), due_after=date(2025, 1, 27),
    )
    confirmed(database)
    ids = {"refused": refusal, "extended": later}
    for kind in TELLING:
        waiting(database, kind, decision_id=ids.get(kind))
    post = Post()
    await postman(database, post, issuer).deliver()
    assert len(post.sent) >= len(TELLING) + 1
    return post.sent


@pytest.mark.parametrize("role", ["demo", "controller", "helper"])
@pytest.mark.parametrize("state", WAYS)
async def test_no_mail_says_that_accounts_are_left_out_while_nothing_leaves_them_out(
    database: Database, state: str, role: str
) -> None:
    issuer = replace(HELPER, role=role)
    for message in await every_mail(database, issuer, *WAYS[state]):
        said = body(message)
        # What the notice is quoted for is the notice's to keep.
        own = [part for part in re.split(r"(?<=[.:])\s+", said) if "notice" not in part]
        claims = [part for part in own if DONE.search(part)]
        assert [part for part in claims if "address is not used" not in part] == []


@pytest.mark.parametrize("state", model.CASE_STATUSES)
def test_only_what_was_handled_is_said_to_be_left_out(state: str) -> None:
    said = SENTENCES[state]
    done = [text for text in (said.state, said.accounts, said.desk) if DONE.search(text)]
    assert bool(done) == (state == "handled")


async def test_a_decision_is_told_as_a_decision(database: Database) -> None:
    service(database).file(filing())
    (objection,) = rows(database, model.objection)
    for state in ("in_review", "upheld"):
        with database.session() as session:
            cases.move(session, objection.id, state, NOW)
    waiting(database, "upheld")
    said = body((await sent(database))[f"Your objection {objection.reference} was upheld"])
    assert "decided and on record" in said and "has not been handled yet" in said


@pytest.mark.parametrize("address_is_confirmed", [True, False])
async def test_whoever_was_not_matched_is_sent_to_a_receipt_that_they_have(
    database: Database, address_is_confirmed: bool
) -> None:
    number = service(database).file(filing()).objections[0].reference
    if address_is_confirmed:
        confirmed(database)
    waiting(database, "not_matched")
    said = body((await sent(database))[f"No account was found for objection {number}"])
    assert ("the receipt that came by e-mail" in said) is address_is_confirmed
    assert ("None came by e-mail" in said) is not address_is_confirmed


@pytest.mark.parametrize(
    ("role", "operator", "name"),
    [
        ("demo", "A Library", "A Library (demo)"),
        ("demo", "", "Objection chat (demo)"),
        ("controller", "", "Meta"),
        ("controller", "Meta Platforms Ireland Limited", "Meta Platforms Ireland Limited"),
        ("helper", "A Library", "A Library"),
        ("helper", "", "Objection help service"),
    ],
)
async def test_every_mail_names_who_sends_it_and_how_to_reach_them(
    database: Database, role: str, operator: str, name: str
) -> None:
    issuer = replace(HELPER, role=role, operator=operator, own_contact="help@library.example")
    for message in await every_mail(database, issuer):
        assert message["From"].addresses[0].display_name == name
        assert message["From"].addresses[0].addr_spec == "bot@help.example"
        assert str(message["Subject"]).startswith(f"{name}: ")
        if message["To"] == "ana@example.org":
            said = body(message)
            assert "write to help@library.example" in said
            assert (operator or issuer.chat) in said
            # The platform's address reaches nobody who could help with this service.
            assert "privacy@platform.example" not in said


async def test_without_an_address_for_questions_none_is_made_up(database: Database) -> None:
    for message in await every_mail(database, replace(ISSUER, contact="privacy@platform.example")):
        assert "@" not in body(message)


@pytest.mark.parametrize("role", ["demo", "controller", "helper"])
async def test_the_mail_with_a_code_says_who_why_where_and_what_if_it_was_not_you(
    database: Database, role: str
) -> None:
    issuer = replace(HELPER, role=role)
    number = service(database, issuer).file(filing()).objections[0].reference
    record = Verification(database, KEYS, clock=lambda: NOW)
    record.request(number)
    record.change_email(number, "new@example.org")
    post = Post()
    await postman(database, post, issuer).deliver()
    codes_sent = [m for m in post.sent if "Your code is" in str(m["Subject"])]
    assert len(codes_sent) == 3
    for message in codes_sent:
        said = body(message)
        first = said.split("\n\n")[0]
        assert issuer.chat in first and "A Library" in first
        assert "into the chat in which you were asked for it" in said
        assert "do nothing" in said and "give it to nobody" in said
        assert not re.search(r"https?://", said)


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_hostile_words_stay_words(kind: str) -> None:
    hostile = '<img src=x onerror=alert(1)>\r\nBcc: eve@example.org\r\n\r\n"&'
    mail = Mail(
        "ana@example.org", hostile, (hostile,), reply_to="ana@example.org", from_name=hostile
    )
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


async def test_a_helper_passes_nothing_off_as_the_platforms_or_as_sent(database: Database) -> None:
    number = service(database, HELPER).file(filing()).objections[0].reference
    confirmed(database)
    waiting(database, "letter_copy")
    mails = await sent(database, HELPER)
    letter = body(mails[f"Objection under Art. 21 GDPR, our number {number}"])
    # The notice that was shown is a text of ours about theirs.
    assert "our text" in letter and "announced in the notice" not in letter
    copy = body(mails[f"Copy: Objection under Art. 21 GDPR, our number {number}"])
    # The letter may still wait; the chat knows.
    assert "was sent to" not in copy and "see when it was sent" in copy
