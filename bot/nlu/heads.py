"""The two heads on the encoders' vectors: which topic, and whether it is one of ours at all.

They are kept apart on purpose. The topic head is learned without any negatives: with them, real
questions drift towards "something else". The gate is learned with them, and says nothing about
which topic. Training uses scikit-learn; what is kept are plain arrays, never pickles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu.topics import OUT_OF_SCOPE, Ranking

Array = npt.NDArray[np.float32]
# How much the spelling counts beside the meaning.
SPELLING = 0.5


@dataclass(frozen=True)
class Linear:
    """Multinomial logistic regression over k topics.

    Attributes:
        weights: (k, d).
        bias: (k,).
    """

    weights: Array
    bias: Array

    @classmethod
    def fit(cls, features: Any, topics: Sequence[str]) -> Linear:
        """Learn from n rows of features (n, d), dense or sparse, and their n topics."""
        from sklearn.linear_model import LogisticRegression

        # Learning on to the last digit takes minutes and changes no decision.
        model = LogisticRegression(C=10, max_iter=300, tol=1e-2).fit(features, list(topics))
        return cls(model.coef_.astype(np.float32), model.intercept_.astype(np.float32))

    def log_probabilities(self, features: Any) -> Array:
        """One row of features, (d,) or sparse (1, d) -> (k,)."""
        scores = (features @ self.weights.T).reshape(-1) + self.bias
        result: Array = scores - scores.max() - np.log(np.exp(scores - scores.max()).sum())
        return result


@dataclass(frozen=True)
class TopicHead:
    """Which topic: what the text means (its vector), and, with less weight, how it is spelled.

    The second part reads groups of two to four letters. It knows the abbreviations and slips that
    the encoders take apart into meaningless pieces.
    """

    topics: tuple[str, ...]
    meaning: Linear
    spelling: Linear

    @classmethod
    def fit(cls, vectors: Array, texts: Sequence[str], topics: Sequence[str]) -> TopicHead:
        """Learn from n vectors (n, d), texts and topics, none of them out of scope."""
        return cls(
            tuple(sorted(set(topics))),
            Linear.fit(vectors, topics),
            Linear.fit(letters(texts), topics),
        )

    def probabilities(self, vector: Array, text: str) -> Array:
        """One vector (d,) and its text -> (k,) probabilities."""
        scores = self.meaning.log_probabilities(vector)
        scores = scores + SPELLING * self.spelling.log_probabilities(letters([text]))
        exponentials = np.exp(scores - scores.max())
        result: Array = exponentials / exponentials.sum()
        return result

    def ranking(self, probabilities: Array) -> Ranking:
        """All topics with their probabilities, likeliest first."""
        order = np.argsort(-probabilities, kind="stable")
        return [(self.topics[i], float(probabilities[i])) for i in order]


def letters(texts: Sequence[str]) -> Any:
    """n texts -> sparse (n, 8192): groups of two to four letters within words, hashed."""
    return _hashing().transform([text.lower() for text in texts])


@lru_cache(maxsize=1)
def _hashing() -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 4),
        n_features=2**13,
        alternate_sign=False,
        dtype=np.float32,
    )


@dataclass(frozen=True)
class Gate:
    """A support vector machine with a Gaussian kernel: is this text about one of our topics?

    Attributes:
        support: (m, d) support vectors.
        weights: (m,) their signed weights.
        bias: the decision function's constant.
        gamma: width of the kernel.
        threshold: texts with a lower score are out of scope.
    """

    support: Array
    weights: Array
    bias: float
    gamma: float
    threshold: float

    @classmethod
    def fit(cls, vectors: Array, inside: npt.NDArray[np.bool_]) -> Gate:
        """Learn from n vectors (n, d) and whether each is in scope (n,)."""
        from sklearn.svm import SVC

        gamma = 0.5
        model = SVC(C=5, gamma=gamma, class_weight="balanced").fit(vectors, inside)
        return cls(
            model.support_vectors_.astype(np.float32),
            model.dual_coef_[0].astype(np.float32),
            float(model.intercept_[0]),
            gamma,
            0.0,
        )

    def score(self, vector: Array) -> float:
        """One vector (d,) -> how much it is one of ours; 0 is the learned border."""
        distances = ((self.support - vector) ** 2).sum(axis=1)
        return float(self.weights @ np.exp(-self.gamma * distances) + self.bias)

    def calibrated(self, inside: Array, outside: Array, caught: float = 0.88) -> Gate:
        """The same gate with its threshold set on texts that it did not learn from.

        Thresholds from the training data turn far too many real questions away, because people
        phrase things otherwise than any training set.

        Args:
            inside: (n, d) vectors of real questions.
            outside: (m, d) vectors of texts that are out of scope.
            caught: the share of `outside` to catch, unless that turned away more than 1 % of
                `inside`.
        """
        limit = float(np.quantile([self.score(v) for v in inside], 0.01))
        wanted = float(np.quantile([self.score(v) for v in outside], caught))
        return Gate(self.support, self.weights, self.bias, self.gamma, min(limit, wanted))

    def lets_in(self, vector: Array) -> bool:
        """Whether the text of this vector is about one of our topics."""
        return self.score(vector) >= self.threshold


def fit(
    vectors: Array, texts: Sequence[str], topics: Sequence[str]
) -> tuple[TopicHead, Gate]:
    """Learn both heads from n vectors (n, d), texts and topics, `out_of_scope` among them."""
    inside = np.array([topic != OUT_OF_SCOPE for topic in topics])
    own = [pair for pair in zip(texts, topics, strict=True) if pair[1] != OUT_OF_SCOPE]
    own_texts, own_topics = zip(*own, strict=True)
    return TopicHead.fit(vectors[inside], own_texts, own_topics), Gate.fit(vectors, inside)


def save(folder: Path, topic_head: TopicHead, gate: Gate) -> None:
    """Write both heads to `heads.npz` in a folder."""
    np.savez(
        folder / "heads.npz",
        topics=np.array(topic_head.topics),
        meaning_weights=topic_head.meaning.weights,
        meaning_bias=topic_head.meaning.bias,
        spelling_weights=topic_head.spelling.weights,
        spelling_bias=topic_head.spelling.bias,
        gate_support=gate.support,
        gate_weights=gate.weights,
        gate_numbers=np.array([gate.bias, gate.gamma, gate.threshold]),
    )


def load(folder: Path) -> tuple[TopicHead, Gate]:
    """Read what `save` wrote.

    Raises:
        OSError, KeyError, ValueError: it is not there, or not whole.
    """
    with np.load(folder / "heads.npz", allow_pickle=False) as stored:
        bias, gamma, threshold = (float(number) for number in stored["gate_numbers"])
        return (
            TopicHead(
                tuple(str(name) for name in stored["topics"]),
                Linear(stored["meaning_weights"], stored["meaning_bias"]),
                Linear(stored["spelling_weights"], stored["spelling_bias"]),
            ),
            Gate(stored["gate_support"], stored["gate_weights"], bias, gamma, threshold),
        )
