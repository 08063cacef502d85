"""Pictures of the chat in every state, to be looked at: in the folder that PICTURES names, or in
`objection-chat` under the folder for temporary files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from tests.browser.chat import STATES, through_every_state

DESK = {"width": 1280, "height": 800}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": DESK},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 375, "height": 667}, "is_mobile": True, "has_touch": True,
              "device_scale_factor": 2},
    "narrow": {"viewport": {"width": 320, "height": 568}},
    "right-to-left": {"viewport": DESK},
    "forced-colours": {"viewport": DESK, "forced_colors": "active"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_pictures_of_every_state(browser: Browser, site: str, look: str) -> None:
    folder = Path(os.environ.get("PICTURES") or Path(tempfile.gettempdir()) / "objection-chat")
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(**LOOKS[look])
    page = context.new_page()
    if look == "right-to-left":
        page.route(site, in_arabic)
    page.goto(site)
    taken: dict[str, bytes] = {}

    def picture(state: str) -> None:
        taken[state] = page.screenshot(path=folder / f"{look}-{state}.png")

    page.screenshot(path=folder / f"{look}-page.png", full_page=True)
    through_every_state(page, picture)
    context.close()
    assert tuple(taken) == STATES
    # No two states look the same.
    assert len(set(taken.values())) == len(STATES)


def in_arabic(route: Route) -> None:
    response = route.fetch()
    body = response.text().replace('data-locale="auto"', 'data-locale="ar"')
    route.fulfill(response=response, body=body)
