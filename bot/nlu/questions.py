"""The questions in a message: where one ends and the next begins, with or without punctuation.

"when does it start and does it cover insta" holds two; "what is it and how do I get there" reads
like two and may be about one thing, which is for the recogniser to say.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot import patterns

_WH = (
    r"(?:(?:from|in|on|to|under|for|at|by|since|until) )?"
    r"(?:what(?:'?s)?|when(?:'?s)?|how|which|why|who(?:'?s)?|where(?:'?s)?|whether)"
)
_AUXILIARY = (
    r"(?:does|do|did|is|are|am|can|could|will|would|should|shall|may|must|has|have|was|were|"
    r"(?:does|is|are|wo|ca)n'?t)"
)
_SUBJECT = (
    r"(?:i|you|u|it|they|he|she|we|my|the|this|that|there|these|those|your|ur|their|her|his|our|"
    r"someone|somebody|anyone|anybody|people|friends|everyone|instagram|insta|facebook|fb|meta)"
)
_INTERROGATIVE = patterns.compile(rf"(?:{_WH}|{_AUXILIARY})\b", ignore_case=True)
_ASKS = patterns.compile(rf"\b(?:{_WH}|{_AUXILIARY}\s+{_SUBJECT})\b", ignore_case=True)
_JOINT = r"(?:and|also|plus|but|or|then|ok(?:ay)?|so|please|if so|if yes|secondly|second|first)\b"
_LEAD = patterns.compile(rf"\W*(?:{_JOINT}\W*)*", ignore_case=True)
_BETWEEN = patterns.compile(
    r"(?<=[.?!;\n])\s+|\s*[,;:]\s+|\s+[-–+&/]+\s+|\s+(?=(?:and|also|plus|but|or|then)\b)",
    ignore_case=True,
)
# "how do i opt out how long does it take": relative words (which, who, where) begin nothing here.
_WITHOUT_PAUSE = patterns.compile(
    rf"\s+(?=(?:(?:from|under|by|since) )?(?:what(?:'?s)?|when|how|why)\b|"
    rf"{_AUXILIARY}\s{{1,20}}{_SUBJECT}\b)",
    ignore_case=True,
)
# After these, a question word goes on with the same sentence: "tell me what it is".
_GOES_ON = patterns.compile(
    r"\b(?:know|me|wonder|ask|asking|about|is|see|sure|of|if|explain|understand|and|or|that)$",
    ignore_case=True,
)
_SHORTEST = 4


@dataclass(frozen=True)
class Question:
    """One question of a message.

    Attributes:
        text: the question itself.
        told: the same with the statement that leads to it ("My daughter is eleven, is she in?").
    """

    text: str
    told: str


def questions(message: str) -> list[Question]:
    """The questions of a message, in their order."""
    found: list[Question] = []
    story = ""
    for clause in filter(None, map(str.strip, _BETWEEN.split(message))):
        story = f"{story} {clause}".strip()
        text = _without_lead(clause)
        if text.endswith("?") and len(text.split()) == 1:  # "photos and captions?"
            text = _without_lead(story)
        if len(text.split()) > 1 and (text.endswith("?") or _ASKS.search(text)):
            parts = _parts(text)
            told = [_without_lead(story)] if len(parts) == 1 else parts
            found += map(Question, parts, told)
            story = ""
    if story and found:  # what follows the last question belongs to it
        last = found.pop()
        found.append(Question(f"{last.text} {story}", f"{last.told} {story}"))
    return found


def is_question(text: str) -> bool:
    """Whether a text asks: by its mark, or by its first word."""
    return text.rstrip().endswith("?") or bool(_INTERROGATIVE.match(_without_lead(text)))


def _without_lead(text: str) -> str:
    return text[_LEAD.match(text).end() :]  # type: ignore[union-attr]  # it matches anything


def _parts(text: str) -> list[str]:
    """A clause cut before further questions that follow without a pause."""
    parts: list[str] = []
    start = 0
    for joint in _WITHOUT_PAUSE.finditer(text):
        before = text[start : joint.start()]
        if len(before.split()) >= _SHORTEST and not _GOES_ON.search(before):
            parts.append(before)
            start = joint.end()
    return [*parts, text[start:]]
