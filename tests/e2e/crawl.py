"""Every page that somebody reaches by following links, one of each kind: what the tests of all pages walk over."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import Page

# What leads out of the pages: files, other formats, the catalogue of Django's own scripts.
NO_PAGES = {"attachment", "article_formatted", "article", "sso"}


def kind_of(address: str) -> str:
    """The name of the page behind `address`, the same for all tickets and rows; "" for what is no page of ours."""
    parts = urlsplit(address)
    try:
        found = resolve(parts.path)
    except Resolver404:
        return ""
    told_apart = [str(value) for name, value in found.kwargs.items() if name in ("function", "page")]
    told_apart += re.findall(r"\b(?:kind|view|show)=\w+", parts.query)
    name = found.view_name or ""
    # The admin's pages have a test of their own (tests/notifications/test_admin_in_browser.py).
    return "" if name in NO_PAGES or not name or found.app_name == "admin" else " ".join([name, *told_apart])


def every_page(page: Page, begin: list[str], most: int = 120) -> Iterator[str]:
    """Go from `begin` to each kind of page there is a link to; yields what kind it is, with `page` being there."""
    known, waiting = set(), list(begin)
    while waiting and len(known) < most:
        address = waiting.pop(0)
        kind = kind_of(address)
        if not kind or kind in known:
            continue
        known.add(kind)
        answer = page.goto(address)
        assert answer is not None
        assert answer.status < 400, f"{address}: {answer.status}"
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        yield kind
        waiting += page.evaluate(
            """() => [...document.querySelectorAll("a[href]")].filter(
                (link) => link.origin === location.origin && !link.hasAttribute("download")
            ).map((link) => link.pathname + link.search)"""
        )
