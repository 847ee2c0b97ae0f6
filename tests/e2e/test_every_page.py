"""Every page as everybody: nothing axe finds, light and dark; nothing to scroll sideways at 320 px; a picture of each.

The pages are found by following links, so a new one is looked at as soon as something leads to it. The pictures lie in
`test-results/pages/` to be looked at by people.
"""

import re
from pathlib import Path

import pytest

from tests.e2e.crawl import every_page
from tests.e2e.fitness import fitness

pytestmark = [
    pytest.mark.stack,
    pytest.mark.xdist_group("stack"),
    pytest.mark.timeout(900),
    pytest.mark.once,
]

PICTURES = Path(__file__).resolve().parents[2] / "test-results" / "pages"
# Who walks, and from where. Everybody else's pages are the same as one of theirs; aiko's are in Japanese.
WALKS = {
    "nobody": ["/login/"],
    "uma": ["/", "/inbox/"],
    "aiko": ["/", "/inbox/"],
    "vera": ["/"],
    "carl": ["/", "/preferences/notifications/"],
    "cora": ["/", "/inbox/"],
    "ray": ["/"],
}


@pytest.mark.parametrize("login", WALKS)
def test_every_page_is_fit_for_everybody(login, demo_stack, enter, open_page):
    page = open_page(demo_stack) if login == "nobody" else enter(demo_stack, login)
    folder = PICTURES / login
    folder.mkdir(parents=True, exist_ok=True)
    wrong, seen = [], []
    for kind in every_page(page, WALKS[login]):
        seen.append(kind)
        wrong += fitness(page, f"{login} at {kind}", folder / re.sub(r"\W+", "-", kind))
        language = page.locator("html").get_attribute("lang")
        if login == "aiko" and language != "ja":
            wrong.append(f"{login} at {kind}: in {language}")
    assert "login" in seen or {"ticket", "ticket_list", "inbox", "watched"} <= set(seen)
    assert not wrong, f"{len(seen)} pages:\n" + "\n".join(wrong)
