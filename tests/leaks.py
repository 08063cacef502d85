"""Looking for what people typed in everything that a database holds, however it is spelled."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path

import sqlalchemy as sa

from bot.objections.db import Database
from bot.objections.erasure import overwrite_deleted


def dump(database: Database) -> bytes:
    """Every value of every table of the schema, the conversations' too."""
    reflected = sa.MetaData()
    reflected.reflect(database.engine)
    parts = []
    with database.session(read_only=True) as session:
        for table in reflected.sorted_tables:
            for row in session.execute(sa.select(table)):
                for value in row:
                    raw = isinstance(value, (bytes, memoryview))
                    parts.append(bytes(value) if raw else str(value).encode())
    assert {"objection", "audit_event"} <= set(reflected.tables)
    return b"\n".join(parts)


def files(database: Database) -> bytes:
    """The files of a SQLite database with its write-ahead log, byte by byte."""
    path = Path(str(database.engine.url.database))
    overwrite_deleted(database)
    found = [one for one in path.parent.glob(f"{path.name}*") if one.is_file()]
    return b"\n".join(one.read_bytes() for one in found)


def words(values: Iterable[str]) -> set[str]:
    """What tells a person: the values, and each longer word in them that the bot does not say."""
    told = {word for value in values for word in (value, *re.findall(r"[^\W_]{6,}", value))}
    return told - {"example"}


def found(values: Iterable[str], where: bytes) -> list[str]:
    """Which of these words stand there in any spelling: as word and spelling."""
    return sorted(
        f"{word} as {name}"
        for word in words(values)
        for name, spelled in _spellings(word)
        if spelled in where
    )


def _spellings(word: str) -> Iterator[tuple[str, bytes]]:
    for name, text in {
        "typed": word, "lower": word.lower(), "upper": word.upper(), "reversed": word[::-1],
        "lower reversed": word.lower()[::-1], "escaped": word.encode("unicode_escape").decode(),
    }.items():
        yield name, text.encode()
        yield f"{name}, UTF-16", text.encode("utf-16-le")
        yield f"{name}, hex", text.encode().hex().encode()
        for shift in range(3):
            yield f"{name}, base64", _inside_base64(text.encode(), shift)


def _inside_base64(text: bytes, shift: int) -> bytes:
    """The characters that base64 has for a text wherever it begins, without those at its ends that
    its neighbours change."""
    encoded = b64encode(b"\0" * shift + text)
    first = (0, 2, 3)[shift]
    whole = (shift + len(text)) // 3 * 4
    return encoded[first:whole]
