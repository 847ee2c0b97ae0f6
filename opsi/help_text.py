"""Markdown of docs/ as part of a page: headings with anchors, tables and code that scroll (docs/README.md)."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

# The address of what a link or a picture names; "" for what is not there, or not for its reader.
type Lead = Callable[[str], str]

IN_NO_ANCHOR = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Heading:
    level: int
    anchor: str
    text: str


@dataclass(frozen=True)
class Text:
    """`title` is the page's own heading, `html` all below it, `contents` the headings in that."""

    title: SafeString
    html: SafeString
    contents: list[Heading]


def render(markdown: str, lead: Lead) -> Text:
    """What stands in `markdown`, without any HTML it may hold; a link that leads nowhere is its words alone."""
    tokens = MARKDOWN.parse(markdown)
    found = _anchored(tokens)
    for token in tokens:
        if token.children:
            token.children = list(_led(token.children, lead))
    below = 3 if tokens and tokens[0].tag == "h1" else 0  # a heading is three tokens
    contents = [heading for heading in found if heading.level == 2]
    return Text(_html(tokens[:below]), _html(tokens[below:]), contents)


def _html(tokens):
    # Of our own files, and of the HTML in them only the letters.
    return mark_safe(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}))  # noqa: S308


def title(markdown: str) -> str:
    """The words of the first heading, where the text begins with one."""
    first = markdown.partition("\n")[0]
    return first.removeprefix("# ").replace("`", "") if first.startswith("# ") else ""


def headings(markdown: str) -> list[Heading]:
    return _anchored(MARKDOWN.parse(markdown))


def targets(markdown: str) -> list[str]:
    """What its links and pictures lead to, as written."""
    children = [child for token in MARKDOWN.parse(markdown) for child in token.children or ()]
    return [
        unquote(str(child.attrs.get("href") or child.attrs.get("src"))) for child in children if child.attrs
    ]


def _anchored(tokens: Sequence[Token]) -> list[Heading]:
    """Give headings the anchors that a repository's pages give them, and each table the heading above it."""
    found: list[Heading] = []
    given: dict[str, int] = {}
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            text = _words(tokens[place + 1].children or ())
            plain = IN_NO_ANCHOR.sub("", text.lower()).replace(" ", "-")
            number = given[plain] = given.get(plain, -1) + 1
            token.attrs["id"] = f"{plain}-{number}" if number else plain
            found.append(Heading(int(token.tag[1]), str(token.attrs["id"]), text))
        elif token.type == "table_open" and found:
            token.meta["named_by"] = found[-1].anchor
        elif token.type in ("th_open", "td_open"):
            token.attrs.pop("style", None)  # the browser is told to take none
            if token.type == "th_open" and not tokens[place + 1].content:
                token.tag = tokens[place + 2].tag = "td"
    return found


def _words(children: Iterable[Token]) -> str:
    return "".join(child.content for child in children if child.type in ("text", "code_inline"))


def _led(children: Iterable[Token], lead: Lead) -> Iterator[Token]:
    leads: list[bool] = []
    for child in children:
        match child.type:
            case "link_open":
                address = lead(str(child.attrs["href"]))
                leads.append(bool(address))
                child.attrs["href"] = address
                if address:
                    yield child
            case "link_close":
                if leads.pop():
                    yield child
            case "image":
                if address := lead(str(child.attrs["src"])):
                    child.attrs |= {"src": address, "loading": "lazy"}
                    yield child
                else:
                    yield Token("text", "", 0, content=child.content)
            case _:
                yield child


# What may be wider than the screen scrolls by itself, and by keyboard too.
def _table_open(renderer, tokens, place, options, env):
    named_by = tokens[place].meta.get("named_by")
    name = f' role="group" aria-labelledby="{escape(named_by)}"' if named_by else ""
    return f'<div class="help-table" tabindex="0"{name}><table>'


def _table_close(renderer, tokens, place, options, env):
    return "</table></div>"


def _code(renderer, tokens, place, options, env):
    return f'<pre tabindex="0"><code>{escape(tokens[place].content)}</code></pre>\n'


MARKDOWN = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False}).enable(["table", "strikethrough"])
for _type, _rule in (
    ("table_open", _table_open), ("table_close", _table_close), ("fence", _code), ("code_block", _code),
):  # fmt: skip
    MARKDOWN.add_render_rule(_type, _rule)
