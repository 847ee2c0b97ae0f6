"""HTML in articles: what came as HTML mail is cleaned on the way in, and again when it is shown (docs/security.md).

Nothing that runs, loads from elsewhere, or dresses up as a part of our pages is left: no script, style, form, frame or
remote picture, whose loading would tell the sender who reads and when.
"""

import re
from html import unescape

import nh3
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MAX_LENGTH = 500_000  # characters
_TEXT = "a abbr b br cite code del em i ins kbd q s samp small span strike strong sub sup tt u"
_BLOCKS = "blockquote center dd div dl dt h1 h2 h3 h4 h5 h6 hr img li ol p pre ul"
_TABLES = "caption col colgroup table tbody td tfoot th thead tr"
TAGS = frozenset(f"{_TEXT} {_BLOCKS} {_TABLES}".split(" "))
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "ol": {"start"},
    "*": {"dir", "lang"},
}
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+\Z")
_BREAKS = re.compile(r"(?i)<br\s*/?>|</(?:p|div|tr|li|h[1-6]|blockquote|pre|table|ul|ol)>")
_GONE = {
    "script",
    "style",
    "title",
    "template",
    "noscript",
    "iframe",
    "object",
    "svg",
    "math",
    "textarea",
    "select",
}


def _keep(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("img", "src"):
        return value if _PICTURE.match(value) else None
    if (tag, attribute) == ("a", "href") and value.strip().lower().startswith("data:"):
        return None
    return value


def sanitise(html: str) -> str:
    """`html` with only what is harmless. Raises ValidationError where it is longer than MAX_LENGTH."""
    if len(html) > MAX_LENGTH:
        raise ValidationError({"html": _("This is too long to be kept.")})
    return nh3.clean(
        html.replace("\x00", ""),
        tags=set(TAGS),
        clean_content_tags=_GONE,
        attributes=ATTRIBUTES,
        attribute_filter=_keep,
        # data: is for pictures alone, which `_keep` sees to.
        url_schemes={"http", "https", "mailto", "tel", "data"},
        link_rel="noopener noreferrer nofollow",
    ).strip()


def text_of(html: str) -> str:
    """What sanitised `html` says, as plain text: for mail, quotes, and whoever wants no HTML."""
    broken = _BREAKS.sub(lambda tag: tag[0] + "\n", html)
    bare = unescape(nh3.clean(broken, tags=set()))
    lines = (" ".join(line.split()) for line in bare.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
