"""Imports run one way, and only settings read the environment."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import ROOT

CODE = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "actions").rglob("*.py")])
# Switches of libraries that have to be set before those are imported. They are set, never read.
SWITCHES = {"RASA_TELEMETRY_ENABLED", "TF_CPP_MIN_LOG_LEVEL"}
MAY_SET_SWITCHES = {"bot/cli.py", "bot/log.py"}
# Folders that hold what was made or downloaded.
MADE = {".git", ".venv", ".tools", "node_modules", "models", "var", ".rasa", ".hypothesis",
        ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__", "dist"}
TEXTS = {".py", ".yml", ".yaml", ".md", ".toml", ".ts", ".mjs", ".css", ".html", ".json", ".jsonl",
         ".txt", ".sh", ".cfg", ".mako"}
# Somebody's own folders; written so that this line is not one.
PRIVATE = re.compile(r"(?<![\w./-])/(?:work|tmp|home|root|Users)/\w")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


each_file = pytest.mark.parametrize("path", CODE, ids=_name)


def test_the_import_rules_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_there_is_code_to_look_at() -> None:
    assert {"bot/settings.py", "bot/app.py", "actions/base.py"} <= {_name(path) for path in CODE}


@each_file
def test_only_settings_read_the_environment(path: Path) -> None:
    if _name(path) == "bot/settings.py":
        assert "os.environ" in path.read_text("utf-8")
        return
    for use in _uses_of_the_environment(ast.parse(path.read_text("utf-8"))):
        assert _name(path) in MAY_SET_SWITCHES
        assert _is_setting_a_switch(use), ast.unparse(use)


def _uses_of_the_environment(tree: ast.Module) -> Iterator[ast.AST]:
    """The statements of a file that touch the environment."""
    for statement in ast.walk(tree):
        if isinstance(statement, ast.stmt):
            names = {getattr(n, "attr", getattr(n, "id", None)) for n in _own_nodes(statement)}
            if names & {"environ", "environb", "getenv", "getenvb", "putenv"}:
                yield statement
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in ("os", "dotenv"):
            yield node


def _own_nodes(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement without those of the statements within it."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt):
            yield child
            yield from _own_nodes(child)


def _is_setting_a_switch(use: ast.AST) -> bool:
    if isinstance(use, ast.Assign):
        (target,) = use.targets
        return isinstance(target, ast.Subscript) and _is_switch(target.slice)
    if isinstance(use, ast.Expr) and isinstance(use.value, ast.Call):
        call = use.value
        is_default = isinstance(call.func, ast.Attribute) and call.func.attr == "setdefault"
        return is_default and _is_switch(call.args[0])
    return False


def _is_switch(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value in SWITCHES


@pytest.mark.parametrize(
    "code",
    ["import os\nx = os.environ['SECRET_KEY']", "import os\nx = os.getenv('SECRET_KEY')",
     "from os import environ", "import os\nos.environ['SECRET_KEY'] = 'x'",
     "import os\nif os.environ.get('DEBUG'):\n    pass",
     "import os\ndef f():\n    return os.environ.get('DEBUG')",
     "import os\nfor name in os.environ:\n    pass",
     "import os\ntry:\n    pass\nexcept OSError:\n    x = os.environ",
     "import os\ndef f(debug=os.getenv('DEBUG')):\n    pass",
     "from dotenv import load_dotenv"],
)
def test_the_check_above_finds_such_code(code: str) -> None:
    uses = list(_uses_of_the_environment(ast.parse(code)))
    assert uses
    assert not any(_is_setting_a_switch(use) for use in uses)


def _texts() -> list[Path]:
    found = []
    for path in ROOT.rglob("*"):
        within = path.relative_to(ROOT)
        is_text = path.suffix in TEXTS or path.name in ("Makefile", "run", "setup")
        # What others publish for tests is as they wrote it.
        is_others = within.is_relative_to("tests/data")
        if is_text and path.is_file() and not is_others and not MADE & set(within.parts):
            found.append(path)
    return found


def test_nothing_names_a_folder_outside_of_the_repository() -> None:
    texts = _texts()
    assert len(texts) > 100
    named = [
        f"{_name(path)}:{number}"
        for path in texts
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1)
        if PRIVATE.search(line)
    ]
    assert named == []


@pytest.mark.parametrize("path", ["/work", "/tmp", "/home", "/root", "/Users"])
def test_the_check_above_finds_such_a_path(path: str) -> None:
    assert PRIVATE.search(f'open("{path}/x")')
    assert PRIVATE.search(f"cp {path}/x .")


def test_every_folder_of_tests_is_a_package() -> None:
    """Otherwise two files of the same name in different folders collide."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [_name(f) for f in sorted(folders) if not (f / "__init__.py").exists()] == []
