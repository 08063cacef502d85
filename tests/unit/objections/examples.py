"""A filing that is as it should be, and the accounts in it."""

from __future__ import annotations

from typing import Any

from bot.objections.accounts import Account
from bot.objections.filing import Filing
from bot.objections.receipts import Issuer
from bot.objections.signing import Signer

ANA = Account("instagram", "ana.s")
ANA_ON_FACEBOOK = Account("facebook", "ana.silva")
SHOP = Account("facebook", "silva.flowers")
OLD = Account("instagram", "ana_old")
# The seed of a test; nobody signs with it.
ISSUER = Issuer(Signer(bytes(range(32))), role="demo", operator="A Library", controller="Meta")


def filing(**changes: Any) -> Filing:
    values: dict[str, Any] = {
        "full_name": "Ana Silva",
        "email": "ana@example.org",
        "account": ANA,
        "country": "PT",
        "reason": "My children are in my photos.",
        "idempotency_key": "key-1",
    }
    return Filing(**{**values, **changes})
