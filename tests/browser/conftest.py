"""A browser for the tests of this folder, and the demo page of a running bot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

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
