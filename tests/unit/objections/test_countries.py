"""The names of countries are those of CLDR."""

from __future__ import annotations

import runpy

from bot.objections import countries
from bot.settings import ROOT


def test_the_names_are_what_the_script_makes_of_cldr() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "country-names"))
    kept = (ROOT / "bot" / "objections" / "country_names.json").read_text("utf-8")
    assert kept == script["text"](), "run scripts/country-names"


def test_countries_are_known_by_other_languages_names_and_by_three_letters() -> None:
    assert [countries.by_name(name) for name in ("deutschland", "polska", "日本")] == [
        "DE", "PL", "JP",
    ]
    assert countries.by_name("deutschland", only_english=True) is None
    assert [countries.by_code(code) for code in ("prt", "GBR", "EUE", "QUU")] == [
        "PT", "GB", None, None,
    ]
