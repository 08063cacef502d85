"""A filing that is as it should be, and the accounts in it."""

from __future__ import annotations

from typing import Any

from bot.objections.accounts import Account
from bot.objections.filing import Filing

ANA = Account("instagram", "ana.s")
ANA_ON_FACEBOOK = Account("facebook", "ana.silva")
SHOP = Account("facebook", "silva.flowers")
OLD = Account("instagram", "ana_old")


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
