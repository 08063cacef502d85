"""Which addresses mail can be sent to, and which of them are one mailbox."""

from __future__ import annotations

from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from email_validator import EmailNotValidError, validate_email

__all__ = ["LONGEST", "Unmailable", "mailable", "mailbox"]

# Characters. Source: RFC 5321, 4.5.3.1.3, without the angle brackets.
LONGEST = 254
# These ignore dots before the @.
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


class Unmailable(ValueError):
    """No mail can be sent to an address. Says nothing of it."""


def mailable(address: str) -> str:
    """The address as it stands in a mail: ASCII, the domain as IDNA.

    Raises Unmailable for letters before the @ that many servers do not take (SMTPUTF8), for what
    is too long in ASCII, and for what would be read as something else in a header.
    """
    local, at, domain = address.rpartition("@")
    if not (local.isascii() and at):
        raise Unmailable()
    plain = address if domain.isascii() else f"{local}@{_ascii(domain)}"
    # "=?" begins an encoded word: one program sends to what it says, another to what it means.
    if len(plain) > LONGEST or "=?" in plain or _read_back(plain) != plain:
        raise Unmailable()
    return plain


def mailbox(address: str) -> str:
    """The same for addresses that lead to one mailbox, for counting mail and for nothing else:
    case, "+anything" and, where they mean nothing, dots do not make another one."""
    local, _, domain = mailable(address).lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local = local.replace(".", "")
    return f"{local}@{domain}"


def _ascii(domain: str) -> str:
    try:
        checked = validate_email(f"a@{domain}", check_deliverability=False, test_environment=True)
    except (EmailNotValidError, ValueError):
        raise Unmailable() from None
    return str(checked.ascii_domain)


def _read_back(address: str) -> str | None:
    """The address that a mail to this one goes to, as its reader finds it."""
    message = EmailMessage(policy=SMTP)
    try:
        message["To"] = Address(addr_spec=address)
        (found,) = message_from_bytes(message.as_bytes(), policy=SMTP)["To"].addresses
    except Exception:  # its parser fails in many ways on what is no address
        return None
    return str(found.addr_spec)
