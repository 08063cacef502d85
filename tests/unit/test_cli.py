"""The commands: what they print, and how they fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import rasa.model_training
from click.testing import Result
from typer.testing import CliRunner

from bot import cli
from bot.nlu import encoders
from bot.nlu.encoders import WeightsError
from bot.runtime import absent, understanding
from bot.runtime.understanding import Understanding
from bot.settings import ROOT, Settings

pytestmark = pytest.mark.usefixtures("logging_as_before", "elsewhere")

CASES = [
    {"text": "are my private messages used?", "topic": "faq/data_excluded"},
    {"text": "when does it start", "topic": "faq/impact", "alt": ["faq/effective_date"]},
    {"text": "I want to object", "topic": "file_objection"},
    {"text": "thank you", "topic": "thank"},
    # Labelled wrongly, so that there is an error to show.
    {"text": "hello", "topic": "goodbye"},
]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another working folder: commands find the project, and leave data where they are called."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATA_DIR", "DATABASE_URL", "OPERATOR_ROLE", "LOG_LEVEL", "RATE_LIMIT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def loaded(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Understanding:
    """The real model, loaded once."""
    data = {"DATA_DIR": str(tmp_path_factory.mktemp("data"))}
    return Understanding(model, Settings.load(data))


@pytest.fixture
def real_model(loaded: Understanding, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every command use the model that is loaded already."""
    monkeypatch.setattr(understanding, "Understanding", lambda model, settings: loaded)


@pytest.fixture(autouse=True)
def everything_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that runs in this process takes no package from the tests after it."""
    monkeypatch.setattr(absent, "install", lambda **_: None)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, list(arguments))


def python_m_bot(
    *arguments: str, typed: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, as somebody who has set only these variables."""
    own = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT, env={**own, **environment}, input=typed, capture_output=True, text=True,
        timeout=120,
    )


def cases(*lines: Any) -> str:
    """A file of these lines, by its name."""
    text = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
    Path("cases.jsonl").write_text(text, "utf-8")
    return "cases.jsonl"


def assert_stopped(result: Result) -> str:
    """The command ended with 1 and one line on standard error; returns the line."""
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    (line,) = result.stderr.splitlines()
    return line


@pytest.mark.slow
@pytest.mark.usefixtures("real_model")
def test_ask_prints_one_json_object() -> None:
    result = run("ask", "--json", "Are my private messages used?")

    assert result.exit_code == 0
    (line,) = result.stdout.splitlines()
    answer = json.loads(line)
    assert set(answer) == {"text", "topic", "confidence", "answer"}
    assert answer["text"] == "Are my private messages used?"
    assert answer["topic"] == "faq/data_excluded"
    assert 0 < answer["confidence"] <= 1
    assert "private messages" in answer["answer"]
    assert "{" not in answer["answer"]


@pytest.mark.slow
@pytest.mark.usefixtures("real_model")
@pytest.mark.parametrize("text", ["/affirm", '/file_objection{"email":"x"}', "[bold]x[/bold]"])
def test_ask_takes_a_text_as_a_text(text: str) -> None:
    result = run("ask", "--json", text)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["text"] == text


@pytest.mark.slow
@pytest.mark.usefixtures("real_model")
def test_ask_prints_the_answer_and_its_topic_for_people() -> None:
    result = run("ask", "Are my private messages used?")
    assert "private messages" in result.stdout
    assert "faq/data_excluded" in result.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("real_model")
def test_understand_prints_the_commands_of_a_reply() -> None:
    reply = "facebook ana.k is linked, instagram ana.shop isn't"
    result = run("understand", reply, "--asked", "linked_accounts", "--json")

    assert result.exit_code == 0
    read = json.loads(result.stdout)
    assert read["text"] == reply and read["asked"] == "linked_accounts"
    assert [(one["do"], one["handle"], one["relation"]) for one in read["commands"]] == [
        ("account", "ana.k", "linked"),
        ("account", "ana.shop", "unlinked"),
    ]
    assert all(0 < one["confidence"] <= 1 for one in read["commands"])
    shown = run("understand", reply, "--asked", "linked_accounts")
    assert "account platform=facebook handle=ana.k relation=linked" in shown.stdout
    assert run("understand", "yea do it", "--asked", "summary").stdout.startswith("yes  ")


def test_understand_says_what_can_be_asked_for() -> None:
    assert "linked_accounts" in assert_stopped(run("understand", "yes", "--asked", "shoe_size"))


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "   ", "x" * 1_001], ids=["nothing", "blanks", "long"])
def test_ask_refuses_what_is_no_question(model: Path, text: str) -> None:
    assert assert_stopped(run("ask", "--json", text))


@pytest.mark.slow
@pytest.mark.usefixtures("real_model")
def test_evaluate_prints_one_json_object_and_draws_a_picture() -> None:
    result = run("evaluate", cases(*CASES), "--json", "--plot", "confusion.png")

    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert {"accuracy", "n", "by_topic", "errors"} <= set(report)
    assert (report["n"], report["accuracy"]) == (5, 0.8)
    assert report["by_topic"]["faq/impact"]["accuracy"] == 1
    assert report["by_topic"]["goodbye"] == {
        "n": 1, "accuracy": 0, "confused_with": {"greet": 1},
    }
    assert report["errors"] == [{"text": "hello", "topic": "goodbye", "decided": "greet"}]
    assert Path("confusion.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.slow
@pytest.mark.usefixtures("real_model")
def test_evaluate_prints_a_table_for_people() -> None:
    result = run("evaluate", cases(*CASES))
    assert "right: 80.0% of 5" in result.stdout
    assert "greet (1)" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "holds no lines"),
        (["\n\n"], "holds no lines"),
        ([CASES[0], "no json\n"], "line 2"),
        ([{"text": "no topic"}], "line 1"),
        ([{"text": 1, "topic": "greet"}], "line 1"),
        (["[1, 2]\n"], "line 1"),
        (['{"text": "x", "topic": "greet", "alt": 3}\n'], "line 1"),
    ],
)
def test_a_bad_file_is_told_in_one_line(model: Path, lines: list[Any], told: str) -> None:
    assert told in assert_stopped(run("evaluate", cases(*lines), "--json"))


@pytest.mark.slow
def test_a_file_that_is_not_there_or_no_text_is_told_in_one_line(model: Path) -> None:
    assert "cannot be read" in assert_stopped(run("evaluate", "absent.jsonl"))
    Path("cases.jsonl").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in assert_stopped(run("evaluate", "cases.jsonl"))


class Trainer:
    """Stands in for Rasa's training."""

    times = 0

    def __call__(self, *, output: str, **_: Any) -> SimpleNamespace:
        self.times += 1
        path = Path(output) / "model.tar.gz"
        path.write_bytes(b"model")
        return SimpleNamespace(model=str(path), code=0)


def differing() -> None:
    raise WeightsError("The weights differ.")


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Trainer:
    """Lets `train` work on a project of its own."""
    (tmp_path / "domain.yml").write_text("intents: []", "utf-8")
    trainer = Trainer()
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    monkeypatch.setattr(rasa.model_training, "train", trainer)
    monkeypatch.setattr(encoders, "encoder", lambda: None)
    return trainer


def test_train_twice_trains_once(trainer: Trainer) -> None:
    first, second = run("train"), run("train")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert trainer.times == 1
    assert first.stdout == second.stdout
    assert "models" in first.stdout


def test_train_trains_again_after_a_change_or_when_told_to(trainer: Trainer) -> None:
    run("train")
    Path("domain.yml").write_text("intents: [greet]", "utf-8")
    run("train")
    assert trainer.times == 2
    run("train", "--force")
    assert trainer.times == 3


def test_train_tells_in_one_line_what_is_wrong_with_the_encoders(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "encoder", differing)
    assert assert_stopped(run("train")) == "The weights differ."
    assert trainer.times == 0


@pytest.mark.slow
def test_asking_tells_in_one_line_what_is_wrong_with_the_encoders(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(understanding, "encoder", differing)
    assert assert_stopped(run("ask", "hello")) == "The weights differ."


@pytest.mark.parametrize("is_there", [True, False])
def test_the_graph_of_the_encoders_is_made_before_serving(
    trainer: Trainer, is_there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model may come from elsewhere, without the graph."""
    run("train")
    asked: list[list[str]] = []

    def train(command: list[str], **_: Any) -> SimpleNamespace:
        asked.append(command[1:])
        return SimpleNamespace(returncode=1)

    graph = tmp_path / "graph"
    if is_there:
        graph.mkdir()
    monkeypatch.setattr(encoders, "graph_folder", lambda: graph)
    monkeypatch.setattr(subprocess, "run", train)
    monkeypatch.setattr(understanding, "encoder", differing)
    result = run("ask", "hello")
    assert result.exit_code == 1
    assert ("The weights differ." in result.stderr) is is_there
    assert asked == ([] if is_there else [["-m", "bot", "train"]])


@pytest.mark.parametrize("command", [["train"], ["ask", "hello"], ["evaluate", "x"], ["serve"]])
def test_settings_are_read_before_anything_is_loaded_and_a_bad_one_is_told_in_one_line(
    command: list[str],
) -> None:
    """Rasa, once imported, reports and logs as it likes; settings have to come first."""
    result = python_m_bot(*command, OPERATOR_ROLE="platform")
    assert result.returncode == 1
    assert result.stderr == "OPERATOR_ROLE must be 'demo', 'controller' or 'helper'.\n"


@pytest.mark.slow
def test_a_long_line_of_an_error_stays_one_line(model: Path) -> None:
    folder = "a-folder-with-a-long-name/" * 5
    assert f"{folder}x.jsonl" in assert_stopped(run("evaluate", f"{folder}x.jsonl"))


def test_without_a_command_the_help_lists_them() -> None:
    told = run("--help").stdout
    for command in ("serve", "chat", "ask", "understand", "evaluate", "train", "desk"):
        assert command in told


@pytest.mark.slow
def test_chat_is_the_same_conversation_in_the_terminal(model: Path, tmp_path: Path) -> None:
    typed = "are my private messages used?\nwhat about [red]this[/red]\nI want to object\n"
    result = python_m_bot("chat", typed=typed, DATA_DIR=str(tmp_path), COLUMNS="1000")
    assert result.returncode == 0, result.stderr
    assert "I am a chatbot, not a person." in result.stdout
    assert "private messages is not used" in result.stdout
    assert "What is your full name?" in result.stdout
    assert "nothing is sent to Meta" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("hangs_s", "code"), [(0, 0), (600, 1)])
def test_a_thread_that_hangs_does_not_keep_the_process_from_ending(
    hangs_s: int, code: int
) -> None:
    program = (
        "import threading, time; from bot.cli import _end_soon; "
        f"threading.Thread(target=time.sleep, args=[{hangs_s}]).start(); _end_soon(0.5)"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=120)
    assert ended.returncode == code
