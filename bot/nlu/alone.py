"""Texts whose shape says what is meant, and whose letters say nothing: a pasted number, an e-mail
address. They are not read; "stop@example.org" is no wish to stop."""

from __future__ import annotations

from bot import patterns

__all__ = ["NUMBER", "topic_of_shape"]

# The pattern of an objection's number, in capitals.
NUMBER = r"OBJ[- ]?(?:[0-9A-Z]{4}[- ]?){4}[0-9A-Z*~$=]?"
_SHAPES = {
    "check_status": patterns.compile(rf"\W*{NUMBER}\W*", ignore_case=True),
    "file_objection": patterns.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}\w{2,63}[.!]?"),
}


def topic_of_shape(text: str) -> str | None:
    """The topic of a text that is nothing but a number or an e-mail address; None for others."""
    text = text.strip()
    return next((topic for topic, shape in _SHAPES.items() if shape.fullmatch(text)), None)
