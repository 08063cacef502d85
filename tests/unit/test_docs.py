"""What the README and the pages in docs/ say about the project is true of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer import Typer

from bot.cli import app
from bot.settings import ROOT, Settings

DOCUMENTS = ("README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")))
# Those that are about the files of the project: they name many.
ABOUT_FILES = (
    "docs/architecture.md", "docs/asvs.md", "docs/developing.md", "docs/security.md",
    "docs/understanding.md",
)
# Where each command is told of, a group's all together.
PAGES = {
    "ask": "docs/asking.md", "chat": "docs/asking.md", "understand": "docs/asking.md",
    "receipt": "docs/asking.md", "desk": "docs/operators.md", "keys": "docs/keys.md",
    "serve": "docs/running.md", "train": "docs/running.md", "evaluate": "docs/developing.md",
}
# Where there has to be a target of `make`, so that the pattern that finds them finds something.
WITH_TARGETS = (
    "README.md", "docs/architecture.md", "docs/developing.md", "docs/running.md",
    "docs/understanding.md",
)
SETTINGS = "docs/running.md"
README_LINES = 150
SUFFIXES = "py yml yaml toml lock md txt json jsonl ts mjs css html js png sh".split()
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
# Words with slashes between them. No placeholder, no address, no option.
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
# A file, a heading of it behind `#`, or both. No address.
LINK = re.compile(r"\]\(([^)#:\s]*)(?:#([^):\s]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
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


def commands(group: Typer) -> Iterator[str]:
    """Every command as it is typed after `objection-bot`: `serve`, or `desk` and its own."""
    for command in group.registered_commands:
        yield command.name or command.callback.__name__  # type: ignore[union-attr]
    for below in group.registered_groups:
        assert below.typer_instance is not None
        for name in commands(below.typer_instance):
            yield f"{below.name} {name}"


def named_commands(document: str) -> Iterator[str]:
    """The commands that a document names; of a group's command both words."""
    groups = {group.name for group in app.registered_groups}
    two_words = r"objection-bot ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?"
    for first, second in re.findall(two_words, "\n".join(code(document))):
        yield f"{first} {second}".strip() if first in groups else first


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


def leads_somewhere(document: str, link: tuple[str, str]) -> bool:
    """Whether a link's file is there, and has a heading that GitHub gives this name."""
    path, heading = link
    target = (ROOT / document).parent / path if path else ROOT / document
    if not target.exists():
        return False
    text = FENCED.sub("", target.read_text("utf-8")) if heading else ""
    names = [re.sub(r"[^\w -]", "", name).lower() for name in HEADING.findall(text)]
    return not heading or heading in {name.replace(" ", "-") for name in names}


def settings_table() -> dict[str, str]:
    """The settings of the table with their defaults, as written there."""
    return dict(ROW.findall(read(SETTINGS)))


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment in which nothing is set but the folder for the data."""
    return Environment({"DATA_DIR": str(tmp_path)})


def test_the_readme_is_short() -> None:
    assert len(read("README.md").splitlines()) <= README_LINES


def test_the_readme_leads_to_every_page() -> None:
    linked = {path for path, _ in LINK.findall(read("README.md"))}
    assert {document for document in DOCUMENTS if document != "README.md"} <= linked


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_is_named_exists(document: str) -> None:
    named = list(paths(document))
    assert len(named) > 10 or document not in ABOUT_FILES
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", [*DOCUMENTS, "CHANGELOG.md"])
def test_every_link_within_the_project_leads_somewhere(document: str) -> None:
    links = LINK.findall(read(document))
    assert [link for link in links if not leads_somewhere(document, link)] == []


def test_a_link_to_what_is_not_there_is_found() -> None:
    (ours,) = LINK.findall("see [secrets](running.md#secrets)")
    assert leads_somewhere("docs/keys.md", ours)
    assert not leads_somewhere("README.md", ours)
    for broken in ("[a](running.md#no-such-heading)", "[a](no-such-page.md)", "[a](#nowhere)"):
        (link,) = LINK.findall(broken)
        assert not leads_somewhere("docs/keys.md", link)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_that_is_named_exists(document: str) -> None:
    named = set(named_commands(document))
    assert named or document not in {"README.md", "docs/architecture.md", *PAGES.values()}
    assert named <= set(commands(app))


def test_every_command_is_on_the_page_that_is_about_it() -> None:
    for command in commands(app):
        assert command in set(named_commands(PAGES[command.split()[0]])), command


def test_a_command_of_a_group_is_named_with_its_group() -> None:
    assert {"serve", "desk verify-audit"} <= set(commands(app))
    assert "desk" not in set(commands(app))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_that_is_named_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", "\n".join(code(document))))
    assert named or document not in WITH_TARGETS
    assert named <= targets


def test_every_measurement_that_is_named_can_be_run_on_the_files_that_are_named() -> None:
    called = {
        document: re.findall(
            r"python -m ([\w.]+)((?: tests/[\w./]+)*)", "\n".join(code(document))
        )
        for document in DOCUMENTS
    }
    modules = {module for calls in called.values() for module, _ in calls}
    assert {"bench.replies", "bench.conversations"} <= modules
    assert {"bench.replies", "bench.conversations"} <= {m for m, _ in called["docs/developing.md"]}
    files = [path for calls in called.values() for _, named in calls for path in named.split()]
    wanted = [*files, *(f"{module.replace('.', '/')}.py" for module in modules)]
    assert [path for path in wanted if not (ROOT / path).is_file()] == []


def test_the_table_lists_exactly_the_settings_that_are_read(environment: Environment) -> None:
    Settings.load(environment)
    assert set(settings_table()) == environment.asked


def test_the_defaults_in_the_table_are_the_defaults(environment: Environment) -> None:
    settings = Settings.load(environment)
    written = {name: default for name, default in settings_table().items() if name != "DATA_DIR"}
    real = {name: getattr(settings, name.lower()) for name in written}
    for name, default in written.items():
        if default == "none":
            assert not real[name], name
        elif default.startswith("`"):
            assert str(real[name]) == default.strip("`"), name
        else:
            # Made at the first start, inside the data folder.
            assert real[name], name


def test_the_data_folder_in_the_table_is_the_default(tmp_path: Path) -> None:
    settings = Settings.load({}, tmp_path)
    assert settings.data_dir == tmp_path / settings_table()["DATA_DIR"].strip("`")


def test_the_picture_is_small_enough_to_load_at_once() -> None:
    assert (ROOT / "docs" / "conversation.png").stat().st_size < 200_000


def test_the_ladder_in_the_document_is_the_one_that_was_measured() -> None:
    measured = json.loads(read("bench/results/understanding.json"))
    document = read("docs/understanding.md")
    for rung in measured["ladder"]:
        shares = ("right", "offered", "turned_away", "caught_far", "caught_near")
        figures = " | ".join(f"{rung[name]:.1%}".replace("%", " %") for name in shares)
        assert f"| {rung['name']} | {figures} |" in document


def test_the_guide_to_embedding_names_every_way_in_and_no_other() -> None:
    guide = read("docs/embedding.md")
    sources = [*(ROOT / "widget" / "src").iterdir()]
    widget = "\n".join(path.read_text("utf-8") for path in sources)
    properties = set(re.findall(r"var\(\s*--(objection-chat-[a-z-]+)", widget))
    told = set(re.findall(r"`--(objection-chat-[a-z-]+)`", guide))
    assert told == {name.removesuffix("-dark") for name in properties}

    parts = set(re.findall(r"\bpart: \"([a-z-]+)\"", widget))
    listed = guide[guide.index("For the rest there are parts"):].split("\n\n")[0]
    names = set(re.findall(r"`(?:objection-chat::part\()?([a-z-]+)\)?`", listed))
    assert names == parts

    events = {f"objection-chat-{name}" for name in re.findall(r"#tell\(\"(\w+)\"", widget)}
    assert set(re.findall(r"`(objection-chat-\w+)`", guide)) == events

    script = (ROOT / "widget" / "src" / "launcher.ts").read_text("utf-8")
    options = set(re.findall(r"options\.(\w+)", script)) | {"theme"}
    attributes = {re.sub("[A-Z]", lambda m: f"-{m.group().lower()}", name) for name in options}
    assert set(re.findall(r"^\| `data-([a-z-]+)`", guide, re.MULTILINE)) == attributes
    languages = {path.stem for path in (ROOT / "bot" / "web" / "locales").iterdir()} | {"en"}
    row = next(line for line in guide.splitlines() if line.startswith("| `data-locale`"))
    assert languages <= set(re.findall(r"`([a-z]{2})`", row))
