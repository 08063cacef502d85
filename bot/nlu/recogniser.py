"""The recogniser: which topic a text is about, and whether it is about one of ours at all.

A kernel machine: a text is compared with every training example, and each example speaks for its
topic with a weight that was learned by regularised least squares (Rifkin & Klautau, "In Defense of
One-Vs-All Classification", JMLR 5, 2004). Two texts are alike if they mean the same (a Gaussian
kernel on the encoders' vectors) and if they share words and groups of letters (tf-idf): those know
the abbreviations and names that the encoders take apart into meaningless pieces.

One output a topic is learned without pushing any topic down for the texts that are out of scope:
real questions would drift towards "something else". One more output tells ours from the rest.
Training uses scipy; what is kept are plain arrays, never pickles.
"""

from __future__ import annotations

import os
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot import patterns
from bot.nlu.topics import OUT_OF_SCOPE

Array = npt.NDArray[np.float32]
# Chosen on the calibration set (`python -m bench.tuning`); all of them are broad optima.
WIDTH = 0.3  # of the Gaussian kernel
TERMS = 0.4  # the weight of words and letters beside meaning
RIDGE = 0.1
DIRECTIONS = 256  # of the vectors' 896 dimensions, those that the examples use most
TURNED_AWAY = 0.01  # of the real questions in the calibration set
HASHES = 2**16  # terms are told apart by their hash


@dataclass(frozen=True)
class Reading:
    """What a text is taken for.

    Attributes:
        probabilities: (k,) one a topic, in the order of `Recogniser.topics`; their sum is 1.
        ours: how surely it is about one of our topics; below 0 it counts as out of scope.
    """

    probabilities: Array
    ours: float


@dataclass(frozen=True)
class Recogniser:
    """The learned machine: n examples, k topics.

    Attributes:
        topics: k names.
        mean, directions: (896,) and (896, d), from an encoder's vector to the d numbers kept.
        examples: (n, d) the training examples.
        rarity: (t,) the inverse document frequencies of the t terms.
        meaning, terms: (n, k + 1) and (t, k + 1), the weights; the last column tells ours apart.
        sharpness: turns scores into probabilities.
        border: scores of ours below it are out of scope.
    """

    topics: tuple[str, ...]
    mean: Array
    directions: Array
    examples: Array
    rarity: Array
    meaning: Array
    terms: Array
    sharpness: float = 20.0
    border: float = 0.0

    @classmethod
    def fit(cls, vectors: Array, texts: Sequence[str], topics: Sequence[str]) -> Recogniser:
        """Learn from n vectors (n, 896), their texts and topics, `out_of_scope` among them."""
        from scipy.linalg import cho_factor, cho_solve

        names = tuple(sorted(set(topics) - {OUT_OF_SCOPE}))
        mean = vectors.mean(axis=0)
        # eigh: ascending, so the most used directions stand last.
        _, axes = np.linalg.eigh(np.cov(vectors.T.astype(np.float64)))
        directions = axes[:, : -DIRECTIONS - 1 : -1].astype(np.float32)
        examples = (vectors - mean) @ directions
        found = [_counted(text) for text in texts]
        rarity = _rarity(found)
        terms = _stacked([(places, _weighed(places, counts, rarity)) for places, counts in found])
        squares = _squares(examples)
        kernel = np.empty((len(texts), len(texts)), dtype=np.float32)

        def compare(part: slice) -> None:
            kernel[part] = _alike(examples[part], examples, squares)
            kernel[part] += (terms[part] @ terms.T).toarray()

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            # In parts: all at once would take gigabytes.
            starts = range(0, len(texts), 500)
            list(pool.map(compare, (slice(start, start + 500) for start in starts)))
        kernel[np.diag_indices(len(texts))] += RIDGE
        factor = cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
        weights = cho_solve(factor, _targets(names, topics), check_finite=False)
        return cls(names, mean, directions, examples, rarity, weights, terms.T @ weights)

    def calibrated(self, readers: Sequence[tuple[Array, str, frozenset[str]]]) -> Recogniser:
        """The same machine, its probabilities and border set on texts it did not learn from.

        From the training data itself probabilities come out too high and far too many real
        questions are turned away, because people phrase things otherwise than any training set.

        Args:
            readers: vector (896,), text and the topics that are right for it.
        """
        from scipy.optimize import minimize_scalar

        scores = np.stack([self._scores(vector, text) for vector, text, _ in readers])
        right = np.array([[name in accepted for name in self.topics] for *_, accepted in readers])

        def surprise(sharpness: float) -> float:
            probabilities = _softmax(scores[:, :-1] * sharpness)
            return float(-np.log((probabilities * right).sum(axis=1) + 1e-9).mean())

        sharpness = float(minimize_scalar(surprise, bounds=(1, 60), method="bounded").x)
        ours = scores[:, -1] + scores[:, :-1].max(axis=1)
        return replace(self, sharpness=sharpness, border=float(np.quantile(ours, TURNED_AWAY)))

    def read(self, vector: Array, text: str) -> Reading:
        """Read one text with its vector (896,)."""
        scores = self._scores(vector, text)
        # What resembles no topic in particular is hardly ours, whatever the last output says.
        ours = float(scores[-1] + scores[:-1].max()) - self.border
        return Reading(_softmax(scores[:-1] * self.sharpness), ours)

    def save(self, folder: Path) -> None:
        """Write `recogniser.npz` into a folder."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        numbers = np.array([self.sharpness, self.border])
        np.savez(folder / _FILE, topics=np.array(self.topics), numbers=numbers, **arrays)

    @classmethod
    def load(cls, folder: Path) -> Recogniser:
        """Read what `save` wrote.

        Raises:
            OSError, KeyError, ValueError: it is not there, or not whole.
        """
        with np.load(folder / _FILE, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in _ARRAYS}
            sharpness, border = (float(number) for number in stored["numbers"])
            topics = tuple(str(name) for name in stored["topics"])
            return cls(topics, **arrays, sharpness=sharpness, border=border)

    @cached_property
    def _squares(self) -> Array:
        return _squares(self.examples)

    def _scores(self, vector: Array, text: str) -> Array:
        """(k + 1,) scores of one text."""
        place = ((vector - self.mean) @ self.directions)[np.newaxis]
        scores = _alike(place, self.examples, self._squares) @ self.meaning
        places, counts = _counted(text)
        result: Array = scores[0] + _weighed(places, counts, self.rarity) @ self.terms[places]
        return result


_WORD = patterns.compile(r"\w+(?:'\w+)*")
_FILE = "recogniser.npz"
_ARRAYS = ("mean", "directions", "examples", "rarity", "meaning", "terms")


def _targets(names: Sequence[str], topics: Sequence[str]) -> Array:
    """(n, k + 1): 1 for the topic of each example; in the last column 1 for ours, -1 for others."""
    targets = np.zeros((len(topics), len(names) + 1), dtype=np.float32)
    for row, topic in zip(targets, topics, strict=True):
        row[-1] = -1 if topic == OUT_OF_SCOPE else 1
        if topic != OUT_OF_SCOPE:
            row[names.index(topic)] = 1
    return targets


def _alike(left: Array, right: Array, squares: Array) -> Array:
    """(n, d), (m, d), the latter's squares (m,) -> (n, m): 1 for the same meaning, else less."""
    distances = _squares(left)[:, np.newaxis] + squares - 2 * left @ right.T
    result: Array = np.exp(-WIDTH * distances)
    return result


def _squares(rows: Array) -> Array:
    result: Array = np.einsum("nd,nd->n", rows, rows)
    return result


def _counted(text: str) -> tuple[npt.NDArray[np.intp], Array]:
    """The places (t,) of a text's different terms, and how often it has each."""
    found = Counter(zlib.crc32(term.encode()) % HASHES for term in _terms(text))
    return np.array([*found], dtype=np.intp), np.array([*found.values()], dtype=np.float32)


def _terms(text: str) -> Iterator[str]:
    """The words of a text, each two neighbours, and each word's groups of two to four letters."""
    words = [match[0] for match in _WORD.finditer(text.lower())]
    yield from words
    yield from map(" ".join, pairwise(words))
    for word in words:
        edged = f" {word} "
        for length in (2, 3, 4):
            # A "#" keeps the group "he" apart from the word "he".
            yield from (f"#{edged[i : i + length]}" for i in range(len(edged) - length + 1))


def _rarity(found: Sequence[tuple[npt.NDArray[np.intp], Array]]) -> Array:
    """(HASHES,) inverse document frequencies, smoothed as scikit-learn's TfidfTransformer does."""
    used = np.zeros(HASHES)
    for places, _ in found:
        used[places] += 1
    return (np.log((1 + len(found)) / (1 + used)) + 1).astype(np.float32)


def _weighed(places: npt.NDArray[np.intp], counts: Array, rarity: Array) -> Array:
    """Counts (t,) of a text's terms -> tf-idf (t,), of length √TERMS."""
    weighed = (1 + np.log(counts)) * rarity[places]
    result: Array = weighed * np.float32(np.sqrt(TERMS) / (np.linalg.norm(weighed) or 1))
    return result


def _stacked(rows: Sequence[tuple[npt.NDArray[np.intp], Array]]) -> Any:
    """n rows, each by its places and values -> sparse (n, HASHES)."""
    from scipy.sparse import csr_matrix

    places, values = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    starts = [0, *accumulate(len(row) for row, _ in rows)]
    return csr_matrix((values, places, starts), shape=(len(rows), HASHES))


def _softmax(scores: Array) -> Array:
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: Array = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return result
