"""The HTML templates of mails, with the rules of their style sheet written into the elements.

Once a template and not once a mail: what Django's tags will put there stands aside meanwhile, as it decides no style.
"""

import re
from functools import cache
from typing import Any

import css_inline
from django.template import engines
from django.template.loader import get_template

FOLDER = "notifications/mail"
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
ASIDE = re.compile(r"tag-(\d+)-aside")


def render(name: str, context: dict) -> str:
    """The template `name` of the folder of mails, such as "section.html"."""
    return _inlined(name).render(context)


@cache
def _inlined(name: str) -> Any:
    source, style = _source(name), _source("letter.css")
    tags: list[str] = []

    def put_aside(found):
        tags.append(found[0])
        return f"tag-{len(tags) - 1}-aside"

    bare = TAG.sub(put_aside, source)
    styled = _whole(bare, style) if "<html" in bare else css_inline.inline_fragment(bare, style)
    return engines["django"].from_string(ASIDE.sub(lambda found: tags[int(found[1])], styled))


def _source(name):
    return get_template(f"{FOLDER}/{name}").template.source


def _whole(page, style):
    inliner = css_inline.CSSInliner(
        extra_css=style, inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False
    )
    return inliner.inline(page)
