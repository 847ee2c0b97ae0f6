"""The HTML an article may carry beside its text, as it comes with mail: made harmless, and told as text (domain §2).

Whatever is not named here is left out. What is kept is cleaned again when it is shown, so that a stricter list also
holds for what came in before; the page it is shown on neither runs nor loads anything besides (docs/security.md).
"""

import re
from html.parser import HTMLParser

import nh3
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

MAX_HTML = 512 * 1024  # characters
DEEPEST = 200  # elements within elements: real mails stay far below, parsers of browsers give up far above

TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del", "div", "dl", "dt",
    "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s",
    "samp", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u",
    "ul", "var",
}  # fmt: skip
DROPPED_WHOLE = {"script", "style", "title", "noscript", "template", "textarea", "svg", "math", "iframe", "object",
                 "xmp", "noembed", "noframes", "plaintext", "select", "option"}  # fmt: skip
ATTRIBUTES = {
    "*": {"dir", "lang", "style", "title"},
    "a": {"href"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start", "type"},
    "col": {"span", "width"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "td": {"align", "colspan", "rowspan", "valign", "width"},
    "th": {"align", "colspan", "rowspan", "scope", "valign", "width"},
}
# None that loads something, or takes an element out of its place.
STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-right",
    "border-spacing", "border-style", "border-top", "border-width", "color", "font-family", "font-size", "font-style",
    "font-weight", "letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom", "margin-left",
    "margin-right", "margin-top", "max-width", "padding", "padding-bottom", "padding-left", "padding-right",
    "padding-top", "text-align", "text-decoration", "text-indent", "vertical-align", "white-space", "width",
}  # fmt: skip
SCHEMES = {"http", "https", "mailto", "tel", "data"}
DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=\s]+\Z")
COLOUR = re.compile(
    r"\b(?:rgb|hsl)a?\([\d\s.,%/]+\)", re.IGNORECASE
)  # the only functions of styles let through
REMOTE_IMAGE = re.compile(r"<img [^>]*src=\"https?:", re.IGNORECASE)


def _cleaner(remote_images=True, **for_showing):
    def filtered(tag, name, value):
        if name == "src":
            remote = value.startswith(("https://", "http://"))
            return value if (remote and remote_images) or DATA_IMAGE.match(value) else None
        if name == "href" and value.lstrip().lower().startswith("data:"):
            return None
        if name == "style" and ("\\" in value or "(" in COLOUR.sub("", value)):
            return None
        return value

    return nh3.Cleaner(
        tags=TAGS,
        clean_content_tags=DROPPED_WHOLE,
        attributes=ATTRIBUTES,
        attribute_filter=filtered,
        url_schemes=SCHEMES,
        url_relative="deny",
        filter_style_properties=STYLES,
        **for_showing,
    )


_LINKS = {
    "link_rel": "noopener noreferrer nofollow",
    "set_tag_attribute_values": {"a": {"target": "_blank"}},
}
# What is added to elements comes in any order, and would make what is kept differ from time to time.
_KEEPING = _cleaner(link_rel=None)
_SHOWING, _SHOWING_NO_REMOTE_IMAGES = _cleaner(**_LINKS), _cleaner(remote_images=False, **_LINKS)


def taken_in(html: str) -> str:
    """`html` as it may be kept; "" where nothing of it shows. Raises ValidationError: too large, nested too deep."""
    _refuse_too_large(html)
    _refuse_too_deep(html)
    cleaned = _KEEPING.clean(html.replace("\0", "")).strip()
    _refuse_too_large(cleaned)  # cleaning writes out what was abbreviated
    return cleaned if as_text(cleaned) or "<img " in cleaned else ""


def _refuse_too_large(html):
    if len(html) > MAX_HTML:
        problem = _("The formatted text is too large: %(limit)s at most.") % {
            "limit": filesizeformat(MAX_HTML)
        }
        raise ValidationError({"html": problem})


def _refuse_too_deep(html):
    # Anything cheap that can only find too many: end tags left out count as elements that go on.
    depth = deepest = 0
    for found in re.finditer(r"<(/?)([a-zA-Z]+)", html):
        if found[2].lower() in _OPEN_ENDED:
            continue
        depth = max(0, depth - 1) if found[1] else depth + 1
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise ValidationError({"html": _("The formatted text cannot be read.")})


_OPEN_ENDED = {"br", "hr", "img", "meta", "link", "input", "col", "p", "li", "td", "th", "tr", "dd", "dt", "option",
               "base", "area", "wbr", "source", "param", "embed", "o", "font"}  # fmt: skip


def to_show(html: str, *, remote_images: bool = False) -> str:
    """Kept `html` cleaned once more; images from other servers only where they were asked for: they tell who reads."""
    return (_SHOWING if remote_images else _SHOWING_NO_REMOTE_IMAGES).clean(html)


def has_remote_images(html: str) -> bool:
    """Whether kept `html` would load images from other servers."""
    return REMOTE_IMAGE.search(html) is not None


def as_text(html: str) -> str:
    """What cleaned `html` says, for mails, search and whoever cannot see it: lines, links behind their words."""
    teller = _Teller()
    teller.feed(html)
    teller.close()
    return teller.text()


class _Teller(HTMLParser):
    # Lines to begin before and after; two make an empty one between.
    BREAKS = dict.fromkeys(
        ("blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "table"), 2
    ) | (dict.fromkeys(("caption", "dd", "div", "dt", "hr", "li", "ol", "tr", "ul"), 1))

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self._said: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._kept_as_is = 0
        self._new_lines = 2  # as at the end of what is said so far

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._break(tag)
        match tag:
            case "br":
                self._say("\n")
            case "li":
                self._say("- ")
            case "td" | "th" if not self._new_lines:
                self._say("\t")
            case "img" if given.get("alt"):
                self._say(f"[{' '.join(given['alt'].split())}]")
            case "pre":
                self._kept_as_is += 1
            case "a":
                self._links.append((given.get("href") or "", len(self._said)))

    def handle_endtag(self, tag):
        if tag == "a" and self._links:
            href, begin = self._links.pop()
            words = "".join(self._said[begin:]).strip()
            # An address that is hidden behind other words is what one would want to see.
            if href.startswith(("http://", "https://")) and href.rstrip("/") != words.rstrip("/"):
                self._say(f" ({href})")
        elif tag == "pre":
            self._kept_as_is = max(0, self._kept_as_is - 1)
        self._break(tag)

    def handle_data(self, data):
        said = data if self._kept_as_is else re.sub(r"[ \t\r\n\f]+", " ", data)
        if said.strip(" ") or not self._new_lines:
            self._say(said)

    def _say(self, text):
        self._said.append(text)
        self._new_lines = self._new_lines + 1 if text == "\n" else 0

    def _break(self, tag):
        for _line in range(self.BREAKS.get(tag, 0) - self._new_lines):
            self._say("\n")

    def text(self):
        lines = (re.sub(r" *\t *", "  ", line.strip(" \t")) for line in "".join(self._said).split("\n"))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
