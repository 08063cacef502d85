"""Whatever is taken as an address can be mailed; and which addresses are one mailbox."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.objections.errors import FieldError
from bot.objections.fields import parse_email
from bot.objections.letters import Mail, composed
from bot.objections.mailbox import Unmailable, mailable, mailbox
from tests.unit.objections.mailing import NOW

# What may stand before the @, letters that may not, and what begins and ends encoded words.
_LOCAL = st.lists(
    st.sampled_from([*"aZ9.!#$%&'*+-/=?^_`{|}~ü李", "=?", "?=", "=?utf-8?q?", "=?us-ascii?b?"]),
    min_size=1,
    max_size=30,
).map("".join)
_DOMAIN = st.sampled_from(["example.org", "bücher.example.org", "例え.test", "b" * 60 + ".org"])


@given(local=_LOCAL, domain=_DOMAIN)
def test_what_is_taken_arrives_where_it_was_meant_to(local: str, domain: str) -> None:
    try:
        address = parse_email(f"{local}@{domain}")
    except FieldError:
        return
    mail = Mail(address, "Hello", ("Hello",), reply_to=address)
    sent = composed(mail, "bot@help.example", "a" * 32, NOW).as_bytes()
    read = message_from_bytes(sent, policy=SMTP)
    for header in ("To", "Reply-To"):
        (found,) = read[header].addresses
        there, _, plain = found.addr_spec.rpartition("@")
        assert there == address.rpartition("@")[0]
        assert plain.isascii() and plain.encode().decode("idna") == address.rpartition("@")[2]


@pytest.mark.parametrize(
    "address", ["ünï@example.org", "=?utf-8?q?a?=@example.org", "ana", "", "a@b@c.org", "a b@c.org"]
)
def test_what_cannot_be_mailed_says_nothing_of_the_address(address: str) -> None:
    with pytest.raises(Unmailable) as error:
        mailable(address)
    assert str(error.value) == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ana@example.org", "ANA@Example.org"),
        ("ana@example.org", "ana+1@example.org"),
        ("ana.silva@gmail.com", "anasilva+x@gmail.com"),
        ("ana@bücher.example.org", "ana@xn--bcher-kva.example.org"),
    ],
)
def test_spellings_of_one_mailbox_are_one(one: str, other: str) -> None:
    assert mailbox(one) == mailbox(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("ana@example.org", "eva@example.org"), ("ana.s@example.org", "anas@example.org")],
)
def test_two_mailboxes_are_two(one: str, other: str) -> None:
    assert mailbox(one) != mailbox(other)
