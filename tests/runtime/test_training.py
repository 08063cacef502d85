"""The model is trained when its data has changed, and only then."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import rasa.model_training

from bot.nlu.encoders import GRAPH_PREFIX, graph_folder
from bot.runtime.training import TrainingFailed, model_path, train_when_needed

FILES = {
    "config.yml": "pipeline: []",
    "domain.yml": "intents: []",
    "uv.lock": "version = 1",
    "data/nlu/faq/data_used.yml": "nlu: []",
    "data/calibration/in_scope.jsonl": "{}",
    "bot/nlu/classifier.py": "# classifies",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small project."""
    for name, content in FILES.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return tmp_path / "project"


class Trainer:
    """Stands in for Rasa's training."""

    def __init__(self) -> None:
        self.times = 0
        self.code = 0
        self.makes_model = True

    def __call__(self, *, output: str, fixed_model_name: str, **_: Any) -> SimpleNamespace:
        self.times += 1
        path = Path(output) / f"{fixed_model_name}.tar.gz"
        path.write_bytes(b"model %d" % self.times)
        return SimpleNamespace(model=str(path) if self.makes_model else None, code=self.code)


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    trainer = Trainer()
    monkeypatch.setattr(rasa.model_training, "train", trainer)
    return trainer


def test_the_same_data_means_the_same_model(root: Path) -> None:
    assert model_path(root) == model_path(root)
    assert model_path(root).parent == root / "models"


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_change_in_anything_that_the_model_is_made_from_means_another_model(
    root: Path, name: str
) -> None:
    before = model_path(root)
    (root / name).write_text(FILES[name] + " ", "utf-8")
    changed = model_path(root)
    (root / name).write_text(FILES[name], "utf-8")

    assert changed != before
    assert model_path(root) == before


def test_words_of_the_actions_are_no_part_of_the_model(root: Path) -> None:
    before = model_path(root)
    (root / "data/wording.yml").write_text("say: {}", "utf-8")
    assert model_path(root) == before


def test_a_new_a_renamed_and_a_removed_file_mean_another_model(root: Path) -> None:
    seen = {model_path(root)}
    (root / "data/nlu/faq/new.yml").write_text("nlu: []", "utf-8")
    seen.add(model_path(root))
    (root / "data/nlu/faq/new.yml").rename(root / "data/nlu/faq/newer.yml")
    seen.add(model_path(root))
    (root / "data/nlu/faq/data_used.yml").unlink()
    seen.add(model_path(root))
    assert len(seen) == 4


def test_other_files_mean_nothing_to_the_model(root: Path) -> None:
    before = model_path(root)
    (root / "README.md").write_text("words", "utf-8")
    (root / "bot/app.py").write_text("# wires", "utf-8")
    assert model_path(root) == before


def test_a_project_in_another_folder_has_the_same_model(root: Path, tmp_path: Path) -> None:
    name = model_path(root).name
    moved = root.rename(tmp_path / "elsewhere")
    assert model_path(moved).name == name


def test_it_is_trained_once_for_the_same_data(root: Path, trainer: Trainer) -> None:
    first = train_when_needed(root)
    assert train_when_needed(root) == first
    assert trainer.times == 1
    assert first.read_bytes() == b"model 1"


def test_it_is_trained_again_when_the_data_changed(root: Path, trainer: Trainer) -> None:
    first = train_when_needed(root)
    (root / "domain.yml").write_text("intents: [greet]", "utf-8")
    second = train_when_needed(root)

    assert trainer.times == 2
    assert second != first
    assert second.exists()


def test_it_is_trained_again_when_somebody_insists(root: Path, trainer: Trainer) -> None:
    train_when_needed(root)
    assert train_when_needed(root, force=True).read_bytes() == b"model 2"


def test_models_do_not_pile_up_for_ever(root: Path, trainer: Trainer) -> None:
    for number in range(10):
        (root / "domain.yml").write_text(f"intents: [i{number}]", "utf-8")
        newest = train_when_needed(root)
    left = list((root / "models").iterdir())
    assert newest in left
    assert len(left) < 5


def test_graphs_of_the_encoders_do_not_pile_up_and_the_one_in_use_stays(
    root: Path, trainer: Trainer
) -> None:
    names = [graph_folder().name, *(f"{GRAPH_PREFIX}{number}" for number in range(9))]
    for age, name in enumerate(reversed(names)):
        folder = root / "models" / name
        folder.mkdir(parents=True)
        (folder / "weights.bin").write_bytes(b"weights")
        os.utime(folder, (1000 - age, 1000 - age))
    train_when_needed(root)
    left = {path.name for path in (root / "models").glob(f"{GRAPH_PREFIX}*")}
    assert graph_folder().name in left
    assert len(left) < 5


@pytest.mark.parametrize(("code", "makes_model"), [(1, True), (0, False)])
def test_a_training_that_fails_leaves_no_model(
    root: Path, trainer: Trainer, code: int, makes_model: bool
) -> None:
    trainer.code, trainer.makes_model = code, makes_model
    with pytest.raises(TrainingFailed):
        train_when_needed(root)
    assert list((root / "models").iterdir()) == []


def test_a_training_that_fails_keeps_the_model_of_before(root: Path, trainer: Trainer) -> None:
    before = train_when_needed(root)
    (root / "domain.yml").write_text("intents: [greet]", "utf-8")
    trainer.code = 1
    with pytest.raises(TrainingFailed):
        train_when_needed(root)
    assert before.exists()
