"""Texts that people post to forbid the use of their data."""

from __future__ import annotations

from bot import patterns

__all__ = ["is_declaration"]

_CHAIN_POST = patterns.compile(r"\bgood ?bye?,? meta ai\b", ignore_case=True)
_DECLARES = patterns.compile(
    r"\b(?:permission|hereby|i forbid|not authori[sz]e|(?:do|does) not consent|my property|"
    r"declare|give notice|repost|copy and paste)\b",
    ignore_case=True,
)
_LONG = 20


def is_declaration(text: str) -> bool:
    """Whether a text is one of these, pasted: the chain post, or a long text that declares
    something."""
    is_long = len(text.split()) >= _LONG
    return bool(_CHAIN_POST.search(text) or (is_long and _DECLARES.search(text)))
