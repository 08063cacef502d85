"""What docs/embedding.md shows to those who embed the chat works as it stands there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest

from bot.runtime.identity import Identities, Identity
from bot.settings import ROOT
from tests.conftest import PAGES_KEY, absent

GUIDE = (ROOT / "docs" / "embedding.md").read_text("utf-8")
ANA = {"id": "4711", "name": "Ána Silva", "email": "ana@example.org",
       "profile": "https://www.instagram.com/ana.s/"}
RUN = {
    "python": (sys.executable, "-c", "import json, sys; print(identity(json.loads(sys.argv[1])))"),
    "js": ("node", "-e", "console.log(identity(JSON.parse(process.argv[1])))"),
}


def example(language: str) -> str:
    """The one example in this language that signs an identity."""
    (found,) = [
        code
        for code in re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
        if "function identity" in code or "def identity" in code
    ]
    return str(found)


def says(language: str, person: Any) -> str:
    """What the example gives for a person."""
    program, option, last = RUN[language]
    path = shutil.which(program)
    if path is None:
        absent(f"{program} is not installed")
    done = subprocess.run(
        [str(path), option, f"{example(language)}\n{last}", json.dumps(person)],
        env={"IDENTITY_KEY": PAGES_KEY}, capture_output=True, text=True, check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("language", RUN)
def test_the_bot_believes_what_the_example_signs(language: str) -> None:
    signed = says(language, ANA)
    assert Identities(PAGES_KEY).read(signed) == Identity(
        ANA["name"], ANA["email"], ANA["profile"]
    )


@pytest.mark.parametrize("language", RUN)
def test_for_nobody_the_example_says_nothing(language: str) -> None:
    assert says(language, None) == ""


def test_the_guide_names_every_method_of_the_element() -> None:
    source = (ROOT / "widget" / "src" / "launcher.ts").read_text("utf-8")
    methods = set(re.findall(r"^  async (\w+)\(", source, re.MULTILINE))
    assert methods == {"open", "close", "send", "identify"}
    assert methods == set(re.findall(r"await chat\.(\w+)\(", GUIDE))


def test_the_guide_names_every_attribute_that_the_script_reads() -> None:
    source = (ROOT / "widget" / "src" / "launcher.ts").read_text("utf-8")
    read = set(re.findall(r"\boptions\.(\w+)", source)) | {"theme"}
    named = {re.sub(r"-(\w)", lambda m: m[1].upper(), name)
             for name in re.findall(r"^\| `data-([\w-]+)` \|", GUIDE, re.MULTILINE)}
    assert read == named
