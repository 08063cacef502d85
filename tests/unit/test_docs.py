"""What the README and the architecture say about the project is true of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import app
from bot.settings import ROOT, Settings

DOCUMENTS = ("README.md", "docs/architecture.md")
SUFFIXES = "py yml yaml toml lock md txt json jsonl ts mjs css html js png sh".split()
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
# Words with slashes between them. No placeholder, no address, no option.
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
LINK = re.compile(r"\]\(([^)#:]+)\)")
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \|", re.MULTILINE)


class Environment(dict[str, str]):
    """Notes which variables are asked for."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.asked: set[str] = set()

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        self.asked.add(name)
        return super().get(name, default)


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def code(document: str) -> Iterator[str]:
    """Every piece of code in a document, in lines or in a line."""
    text = read(document)
    yield from FENCED.findall(text)
    yield from SPAN.findall(FENCED.sub("", text))


def not_committed() -> set[str]:
    """Names at the top of the project that only exist once something was run."""
    lines = read(".gitignore").splitlines()
    return {line.strip("/") for line in lines if line}


def paths(document: str) -> Iterator[str]:
    """The paths in backticks: those that begin with a name in the project or end like a file."""
    at_the_top = {path.name for path in ROOT.iterdir()}
    for span in SPAN.findall(FENCED.sub("", read(document))):
        first, slash, _ = span.partition("/")
        is_file = span.rpartition(".")[2] in SUFFIXES and span.rpartition(".")[0]
        is_below = slash and first in at_the_top
        if PATH.fullmatch(span) and (is_file or is_below) and first not in not_committed():
            yield span


def settings_table() -> dict[str, str]:
    """The settings of the README's table with their defaults, as written there."""
    return dict(ROW.findall(read("README.md")))


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment in which nothing is set but the folder for the data."""
    return Environment({"DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_is_named_exists(document: str) -> None:
    named = list(paths(document))
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", [*DOCUMENTS, "CHANGELOG.md"])
def test_every_link_within_the_project_leads_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    assert [link for link in LINK.findall(read(document)) if not (folder / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_that_is_named_exists(document: str) -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    commands |= {group.name for group in app.registered_groups}
    named = set(re.findall(r"objection-bot ([a-z][a-z-]*)", "\n".join(code(document))))
    assert named
    assert named <= commands


def test_every_command_is_in_the_readme() -> None:
    text = "\n".join(code("README.md"))
    commands = [command.name or command.callback.__name__ for command in app.registered_commands]
    for group in app.registered_groups:
        commands += [f"{group.name} {command.name or command.callback.__name__}"
                     for command in group.typer_instance.registered_commands]
    assert [name for name in commands if f"objection-bot {name}" not in text] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_that_is_named_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", "\n".join(code(document))))
    assert named
    assert named <= targets


def test_the_readme_lists_exactly_the_settings_that_are_read(environment: Environment) -> None:
    Settings.load(environment)
    assert set(settings_table()) == environment.asked


def test_the_defaults_in_the_readme_are_the_defaults(environment: Environment) -> None:
    settings = Settings.load(environment)
    written = {name: default for name, default in settings_table().items() if name != "DATA_DIR"}
    real = {name: getattr(settings, name.lower()) for name in written}
    for name, default in written.items():
        if default == "none":
            assert not real[name], name
        elif default.startswith("`"):
            assert real[name] == default.strip("`"), name
        else:
            # Made at the first start, inside the data folder.
            assert real[name], name


def test_the_data_folder_in_the_readme_is_the_default(tmp_path: Path) -> None:
    settings = Settings.load({}, tmp_path)
    assert settings.data_dir == tmp_path / settings_table()["DATA_DIR"].strip("`")


def test_the_picture_is_small_enough_to_load_at_once() -> None:
    assert (ROOT / "docs" / "conversation.png").stat().st_size < 200_000
