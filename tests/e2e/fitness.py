"""Whether everybody can use a page as it stands: what axe finds in light and dark, and its width on a narrow screen."""

from collections.abc import Iterator
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE = {"resultTypes": ["violations"]}
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}


def fitness(page: Page, where: str, picture: Path | None = None) -> Iterator[str]:
    """What is wrong with `page`, nothing being best. With `picture` (without ending) it is drawn, wide and narrow."""
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    yield from _violations(page, f"{where}, light")
    _draw(page, picture, ".png")
    page.emulate_media(color_scheme="dark")
    yield from _violations(page, f"{where}, dark")
    page.set_viewport_size(NARROW)
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > NARROW["width"]:
        yield f"{where}: {width} px wide on a screen of {NARROW['width']}"
    _draw(page, picture, "-narrow-dark.png")
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")


def _violations(page, where):
    for found in Axe().run(page, options=AXE).response["violations"]:
        places = [f"    {node['target']} {node['html'][:140]}" for node in found["nodes"][:3]]
        yield "\n".join([f"{where}: {found['id']} ({found['impact']}: {found['help']})", *places])


def _draw(page, picture, ending):
    if picture is not None:
        page.screenshot(path=picture.with_name(picture.name + ending), full_page=True)
