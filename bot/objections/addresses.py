"""E-mail addresses that are probably mistyped."""

from __future__ import annotations

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

__all__ = ["likely_address"]

# Where most people have their mail, and other sites whose names are only a slip away.
_COMMON_SITES = (
    "gmail.com googlemail.com hotmail.com hotmail.fr hotmail.it hotmail.es hotmail.co.uk "
    "outlook.com "
    "outlook.de yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.com.br icloud.com live.com gmx.de "
    "gmx.net "
    "web.de t-online.de orange.fr free.fr libero.it proton.me protonmail.com aol.com uol.com.br"
).split()
_OTHER_SITES = frozenset(
    "mail.com email.com ymail.com gmx.com gmx.at gmx.ch ail.com live.de me.com".split()
)


def likely_address(email: str) -> str | None:
    """The address that was probably meant, where the site is one slip away from a common one
    ("ana@gmial.com"); None where it is as it should be."""
    local, _, site = email.rpartition("@")
    if site in _COMMON_SITES or site in _OTHER_SITES:
        return None
    found = process.extractOne(
        site, _COMMON_SITES, scorer=DamerauLevenshtein.distance, score_cutoff=1
    )
    return f"{local}@{found[0]}" if found else None
