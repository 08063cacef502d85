"""What a part of a message does, and what is said of a value in it.

Both are read from the words around, the values replaced by what they are ("add my PLATFORM
HANDLE"), and from what was asked for. The act is read from the meaning of the words too.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.nlu.replies.lines import Span
from bot.understanding.scan import Message

__all__ = ["masked", "masked_words", "role_features"]

# What stands for a value where the words are read for their meaning: an encoder knows these.
_SHOWN = {
    "name": "Anna",
    "email": "my e-mail address",
    "country": "Spain",
    "place": "Berlin",
    "platform": "Instagram",
    "handle": "anna",
    "link": "instagram.com/anna",
    "number": "my number",
    "code": "123456",
}


def masked_words(message: Message, first: int, last: int, spans: Sequence[Span]) -> list[str]:
    """The words of tokens [first, last) in lower case; a value is one word in capitals."""
    words = []
    starts = {span.first: span for span in spans}
    inside = {i for span in spans if span.label != "field" for i in range(span.first, span.last)}
    for i in range(first, last):
        span = starts.get(i)
        if span is not None and span.label == "field":
            words.append("FIELD")
        if i not in inside:
            # "isn't" and "isnt" are one word.
            words.append(message.tokens[i].lower.replace("'", ""))
        elif span is not None:
            words.append(span.label.upper())
    return words


def masked(message: Message, first: int, last: int, spans: Sequence[Span]) -> str:
    """The text of tokens [first, last), each value replaced by one that an encoder knows."""
    kept, place = "", message.tokens[first].start if first < last else 0
    for span in spans:
        shown = _SHOWN.get(span.label)
        if shown is None or span.first < first or span.last > last:
            continue
        kept += message.text[place : message.tokens[span.first].start] + shown
        place = message.tokens[span.last - 1].end
    if first < last:
        kept += message.text[place : message.tokens[last - 1].end]
    return kept


def role_features(
    message: Message, place: int, spans: Sequence[Span], act: str, asked: str
) -> list[str]:
    """The features of the value `spans[place]`: what it is, and the words on both sides."""
    span = spans[place]
    before = _around(message, 0, span.first, spans)[::-1]
    after = _around(message, span.last, len(message.tokens), spans)
    label = span.label
    found = [f"l={label}", f"la={label}|{act}", f"lk={label}|{asked}", f"lak={label}|{act}|{asked}"]
    if label in ("field", "platform", "place"):
        words = [token.lower for token in message.tokens[span.first : span.last]]
        found += [f"own={label}|{word}" for word in words]
        for word in words:
            found += [f"own4={word[i : i + 4]}" for i in range(max(1, len(word) - 3))]
    for side, words in (("<", before), (">", after)):
        for step, word in enumerate(words[:4]):
            found += [f"{side}{step}={word}", f"{label}{side}{step}={word}"]
        found += [f"{side}near={label}|{word}" for word in words[:6]]
        # As far as the next value of the kind, which may have words of its own.
        reach = next((i for i, w in enumerate(words) if w == label.upper()), len(words))
        found += [f"{side}own={label}|{word}" for word in words[:reach]]
        found += [f"{side}far={label}|{word}" for word in words[reach:]]
        found.append(f"{side}pair={label}|{' '.join(words[:2])}")
    same = [i for i, other in enumerate(spans) if other.label == label]
    found.append(f"of={label}|{same.index(place)}|{min(len(same), 4)}")
    return found


def _around(message: Message, first: int, last: int, spans: Sequence[Span]) -> list[str]:
    return masked_words(
        message, first, last, [s for s in spans if first <= s.first and s.last <= last]
    )
