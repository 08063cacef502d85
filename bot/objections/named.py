"""Find the name in a reply to the question for it, among words that people put around it.

"Sure thing, Siobhán O'Rourke", "its kevin brannigan lol". Only words that say nothing may stand
around the name: of "I hate Mark Zuckerberg" nothing is taken.
"""

from __future__ import annotations

from bot import patterns
from bot.objections.words import COMMON, FOREIGN, PARTICLES

__all__ = ["name_among_fillers"]

_FILLERS = frozenset(
    "sure thing you can may could just put write use say down as it its it's is be would that "
    "that's thats this the my name names full first last ok okay yes yep yeah well um uh so hi "
    "hello hey lol haha hehe please here thanks thank cheers mate call me calls they everyone "
    "people known registered under by i'm im i am go for of course no problem and nice to meet "
    "alright fine hm hmm oh".split()
)
_PARTS = patterns.compile(
    r"\b(?:first|given) name(?: is|:)? (?P<first>[^\W\d_][\w'’-]*)\W+(?:and )?(?:my )?"
    r"(?:last|family|sur) ?name(?: is|:)? (?P<last>[^\W\d_][\w'’-]*)",
    ignore_case=True,
)
_TURNED = patterns.compile(r"\W*(?P<family>[^\W\d_][\w'’-]+), (?P<given>[^\W\d_][\w'’-]+)\W*")
_ADDRESS = patterns.compile(r"[\d@/_<>]")
_CLAUSE = patterns.compile(r"[^.,;:!?()\n]+(?:(?<=\b[^\W\d_])\.[^.,;:!?()\n]*)*")
_WORD = patterns.compile(r"[^\W\d_][\w'’.-]*")
_MOST_WORDS = 5


def name_among_fillers(reply: str) -> str | None:
    """The name in `reply`, or None when there is none, or more than a filler stands around it."""
    if _ADDRESS.search(reply):
        return None
    if parts := _PARTS.search(reply):
        return f"{parts['first']} {parts['last']}"
    if turned := _TURNED.fullmatch(reply):
        return f"{turned['given']} {turned['family']}"
    has_capital = any(word[:1].isupper() and word.lower() not in _FILLERS for word in _words(reply))
    found: list[str] = []
    for clause in (match[0] for match in _CLAUSE.finditer(reply)):
        words = _words(clause)
        kept = [place for place, word in enumerate(words) if not _says_nothing(word, has_capital)]
        if not kept:
            continue
        run = words[kept[0] : kept[-1] + 1]
        if not _is_name(run, has_capital):
            return None
        found.append(" ".join(run).rstrip("."))
    longest = max(found, key=len, default=None)
    # "Tom. Tom Bradley." says one name twice; two different ones are unclear.
    if longest is None or any(name not in longest for name in found):
        return None
    return longest


def _words(text: str) -> list[str]:
    return [match[0] for match in _WORD.finditer(text)]


def _says_nothing(word: str, has_capital: bool) -> bool:
    plain = word.lower().rstrip(".").replace("’", "'")
    return plain in _FILLERS and not (has_capital and word[:1].isupper() and plain in PARTICLES)


def _is_name(words: list[str], has_capital: bool) -> bool:
    if len(words) > _MOST_WORDS or (len(words) < 2 and not has_capital):
        return False
    plain = [word.lower().strip(".'’") for word in words]
    if has_capital:
        return all(
            word[:1].isupper() or low in PARTICLES for word, low in zip(words, plain, strict=True)
        ) and any(low not in COMMON for low in plain)
    return not any(low in COMMON or low in FOREIGN for low in plain)
