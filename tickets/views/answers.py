"""How the ticket pages answer: whole pages to browsers, parts of them to htmx."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from opsi.requests import PersonRequest


def form_page(request: PersonRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The page of one form, `tickets/form.html`; for htmx just the form, to stand in a dialog."""
    part = "#form" if request.htmx else ""
    response = render(request, f"tickets/form.html{part}", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def go_to(request: PersonRequest, url: str) -> HttpResponse:
    """Lead the whole page on to `url`, also from within a dialog."""
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def show_again(request: PersonRequest, url: str) -> HttpResponse:
    """Show the page below the dialog anew, as far as one had read; a plain browser goes to `url`."""
    return HttpResponseClientRefresh() if request.htmx else redirect(url)
