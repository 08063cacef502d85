"""Spelling: brings mistyped words back to the words that people use about this subject.

"stauts of my objektion" means nothing to an encoder that knows neither word. A word is corrected
only if nobody knows it (neither the encoder's vocabulary nor the training data) and a word of the
training data is one slip away, two for long words. What the person wrote is never changed: only
what is read for understanding.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from bot import patterns

_WORD = patterns.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SHORTEST = 4
# From this length on two slips are allowed.
_LONG = 7
# Rarer words of the training data may be slips themselves.
_USED = 3
# Names such as "instagram", which the encoder takes apart, are used as often as this.
_COMMON = 20
_CONTRACTED = patterns.compile(r"(?:n't|'re|'ve|'ll|'d|'s|'m)$")


class Speller:
    """Corrects the words of a text.

    Args:
        counts: how often the training data uses each word that may be a correction.
        known: words that are left alone.
    """

    def __init__(self, counts: dict[str, int], known: Iterable[str]) -> None:
        self._counts = counts
        self._candidates = sorted(word for word in counts if len(word) >= _SHORTEST)
        self._known = frozenset(known) | counts.keys()
        self._corrected = lru_cache(maxsize=4096)(self._correction)

    @classmethod
    def learn(cls, texts: Iterable[str], vocabulary: Iterable[str]) -> Speller:
        """Learn from the training examples; `vocabulary` is what the encoder knows."""
        used = Counter(word for text in texts for word in words(text))
        vocabulary = frozenset(vocabulary)
        sound = {
            w: n for w, n in used.items() if n >= _COMMON or (n >= _USED and w in vocabulary)
        }
        # "don't" and "dont" are both written; neither is a slip.
        contracted = {w for w in used if _CONTRACTED.search(w)}
        often = {w for w, n in used.items() if n >= _USED}
        joined = {w.replace("'", "") for w in contracted}
        return cls(sound, vocabulary | often | contracted | joined)

    def correct(self, text: str) -> str:
        """The text with its slips corrected; case and everything else stay."""
        return _WORD.sub(self._replacement, text)

    def save(self, path: Path) -> None:
        """Write as JSON."""
        state = {"counts": self._counts, "known": sorted(self._known)}
        path.write_text(json.dumps(state), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Speller:
        """Read what `save` wrote.

        Raises:
            OSError, ValueError, KeyError: it is not there, or not whole.
        """
        state = json.loads(path.read_text(encoding="utf-8"))
        return cls(state["counts"], state["known"])

    def _replacement(self, match: patterns.Match) -> str:
        word = match.group()
        plain = word.lower().replace("’", "'")
        corrected = self._corrected(plain)
        return word if corrected == plain else corrected

    def _correction(self, word: str) -> str:
        if len(word) < _SHORTEST or len(word) > 40 or word in self._known:
            return word
        if any(stem in self._known for stem in _stems(word)):
            return word
        slips = 1 if len(word) < _LONG else 2
        found = process.extract(
            word,
            self._candidates,
            scorer=DamerauLevenshtein.distance,
            score_cutoff=slips,
            limit=10,
        )
        if not found:
            return word
        least = min(distance for _, distance, _ in found)
        nearest = [candidate for candidate, distance, _ in found if distance == least]
        # Two letters that changed places are the likeliest slip: "wnat" is "want" and not "what".
        # People rarely get the first letter wrong, and use common words more often.
        letters = sorted(word)
        return max(
            nearest, key=lambda c: (sorted(c) == letters, c[0] == word[0], self._counts[c], c)
        )


def _stems(word: str) -> Iterator[str]:
    """What an ending may have been put to: "supervises" -> "supervise", "tagging" -> "tag"."""
    for ending in ("s", "es", "d", "ed", "ing", "er", "ers"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _SHORTEST - 1:
            yield stem
            yield f"{stem}e"
            if stem[-1] == stem[-2]:
                yield stem[:-1]


def words(text: str) -> list[str]:
    """The words of a text in lower case."""
    return [match.group().lower().replace("’", "'") for match in _WORD.finditer(text)]
