"""The record says which text the bot stands on, and that text does not change unseen."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import bot.objections
from bot.objections.notice import NOTICE, load

FILE = Path(bot.objections.__file__).parent / "notices" / "2024-10-09.en.txt"


def test_the_notice_is_the_version_of_9_october_2024_in_english() -> None:
    assert (NOTICE.version, NOTICE.language) == ("2024-10-09", "en")
    assert NOTICE.title == "What Meta's notice says about your public posts and AI"


def test_the_fingerprint_belongs_to_the_file() -> None:
    assert NOTICE.sha256 == hashlib.sha256(FILE.read_bytes()).hexdigest()
    assert NOTICE.text == FILE.read_text(encoding="utf-8")


def test_the_text_of_this_version_has_not_changed() -> None:
    # People were shown this text. Other words are a new version in a new file, not an edit.
    assert NOTICE.sha256 == "3994e5e0320e226361ade158ac1b82401673bbade5bf1a1ad40c8d78797867f3"


def test_the_notice_does_not_print_itself() -> None:
    assert "private messages" in NOTICE.text
    assert "private messages" not in repr(NOTICE)


def test_a_version_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        load("1999-01-01", "en")
