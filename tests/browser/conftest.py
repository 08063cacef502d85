"""A browser for the tests of this folder, and the demo page of a running bot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.settings import ROOT
from tests.conftest import absent

AXE = ROOT / "widget" / "node_modules" / "axe-core" / "axe.min.js"
Axe = Callable[[Page], list[Any]]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Milliseconds that an answer may take before a test gives up on it.
PATIENCE = 20_000


@pytest.fixture(scope="session")
def site(server: str) -> str:
    """The address of the demo page, of the server that all tests share."""
    return f"{server}/"


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One process of Debian's Chromium for all tests of this folder."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """The demo page, freshly opened by a person who has not been there before."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(site)
    yield page
    context.close()


@pytest.fixture(scope="session")
def axe() -> Axe:
    """Looks at a page with axe-core; gives the violations, each as (rule, the elements)."""
    if not AXE.exists():
        absent("axe-core is not installed (npm ci in widget/)")
    source = AXE.read_text("utf-8")

    def violations(page: Page) -> list[Any]:
        page.evaluate(source)
        # A path of two parts leads into the widget: it was looked at, and not only the page.
        found, looked_inside = page.evaluate(
            """async () => {
                const { violations, passes } = await axe.run();
                const told = ({ id, nodes }) => [id, nodes.map(({ html }) => html)];
                const paths = passes.flatMap(({ nodes }) => nodes.map(({ target }) => target[0]));
                return [violations.map(told), paths.some((path) => Array.isArray(path))];
            }"""
        )
        assert looked_inside
        return list(found)

    return violations
