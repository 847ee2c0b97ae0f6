"""Formatted text: what is kept of it, what is shown, what it says as text (domain §2, docs/security.md)."""

import re
import time

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tickets import rich_text

pytestmark = pytest.mark.once  # asks no database

VECTORS = {
    "script": "<script>alert(1)</script>",
    "script in capitals": "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "script cut in two": "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "handler": "<img src=x onerror=alert(1)>",
    "handler after a slash": "<img/src=x/onerror=alert(1)>",
    "handler on a word": "<b onmouseover=alert(1)>b</b>",
    "focus": "<p tabindex=1 autofocus onfocus=alert(1)>x</p>",
    "details": "<details open ontoggle=alert(1)>x</details>",
    "javascript link": '<a href="javascript:alert(1)">x</a>',
    "javascript link with blanks": '<a href=" &#1; java\tscript:alert(1)">x</a>',
    "javascript link in entities": '<a href="&#106;&#97;vascript&colon;alert(1)">x</a>',
    "vbscript link": '<a href="vbscript:msgbox(1)">x</a>',
    "data link": '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "data link with a blank": '<a href=" DATA:text/html;base64,PHNjcmlwdD4=">x</a>',
    "svg as data": '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
    "html as data": '<img src="data:text/html;base64,PHN2Zz4=">',
    "svg": '<svg onload=alert(1)><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "svg animation": "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "svg with style": '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    "style expression": '<p style="width: expression(alert(1))">x</p>',
    "style url": '<p style="background-color: url(javascript:alert(1))">x</p>',
    "style escaped": '<p style="color: \\75rl(javascript:alert(1))">x</p>',
    "style sheet": "<style>@import '//evil.example/x.css'; p { background: url(//evil.example) }</style>",
    "meta refresh": '<meta http-equiv="refresh" content="0;url=//evil.example">',
    "form": "<form action=//evil.example><input name=password><button formaction=javascript:alert(1)>x</button></form>",
    "base": "<base href=//evil.example/>",
    "link": '<link rel="stylesheet" href="//evil.example/x.css">',
    "frame": "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "frame of an address": "<iframe src=javascript:alert(1)></iframe>",
    "object": "<object data=javascript:alert(1)><embed src=javascript:alert(1)></object>",
    "math": '<math><maction actiontype="statusline" xlink:href="javascript:alert(1)">x</maction></math>',
    "mutation by math": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 '
    'onerror=alert(1)&gt;">',
    "mutation by noscript": '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "mutation by a comment": "<!--><img src=x onerror=alert(1)>-->",
    "mutation by a title": "<title><a title='</title><img src=x onerror=alert(1)>'>",
    "mutation by xmp": "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "template": "<template><img src=x onerror=alert(1)></template>",
    "zero byte": "<scr\0ipt>alert(1)</scr\0ipt><img src=x on\0error=alert(1)>",
    "condition": "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "position over all": '<a href="https://evil.example" style="position: fixed; inset: 0; opacity: 0">x</a>',
    "our own names": '<p id="csrf-token" class="btn" name="user" hx-get="/logout/" data-print>x</p>',
    "audio": "<audio src=x onerror=alert(1)><video><source onerror=alert(1)></video>",
}
HARMFUL = re.compile(
    r"<(script|style|svg|math|iframe|object|embed|form|input|button|base|meta|link|template|noscript|xmp|audio|video)\b"
    r"|<[^>]*\son\w+\s*="
    r"|(href|src)=\"?\s*(javascript|vbscript|data:text|data:image/svg)"
    r"|url\(|expression|position|<!--"
    r"|<[^>]*\s(id|class|name|srcdoc|hx-\w+|data-\w+|tabindex)=",
    re.IGNORECASE,
)


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_nothing_harmful_is_kept_or_shown(vector):
    kept = rich_text.taken_in(f"<p>before</p>{vector}<p>after</p>")
    assert not HARMFUL.search(kept), kept
    # What came in before the rules were as they are.
    assert not HARMFUL.search(rich_text.to_show(vector, remote_images=True))
    assert "before" in kept


def test_the_pattern_sees_what_it_looks_for():
    seen = [name for name, vector in VECTORS.items() if HARMFUL.search(vector)]
    assert len(seen) > len(VECTORS) * 0.7


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.sampled_from([*VECTORS.values(), "<p>", "</p>", "<table>", "<td>", "</style>", "-->", '"', ">"]),
        max_size=8,
    )
)
def test_no_mix_of_them_gets_through(parts):
    kept = rich_text.taken_in("".join(parts))
    assert not HARMFUL.search(kept), kept
    # Cleaning is done once it is done: nothing mutates on the second way through a parser.
    assert rich_text.taken_in(kept) == kept


def test_what_mails_look_like_is_kept():
    html = (
        '<h1>Hello</h1><p style="color:red;text-align:center">a <b>b</b> <i>i</i></p>'
        '<table border="1"><tbody><tr><th colspan="2">x</th></tr></tbody></table>'
        '<a href="https://example.com/x?a=1">link</a><img src="data:image/png;base64,AAAA" alt="Logo">'
    )
    assert rich_text.taken_in(html) == html


def test_links_open_outside_and_say_nothing_of_where_one_comes_from():
    shown = rich_text.to_show('<a href="https://example.com/">x</a>')
    assert 'target="_blank"' in shown
    assert 'rel="noopener noreferrer nofollow"' in shown


def test_images_from_elsewhere_are_shown_when_asked_for():
    html = rich_text.taken_in('<p>x</p><img alt="Logo" src="https://tracker.example/p.gif">')
    assert rich_text.has_remote_images(html)
    assert "tracker" not in rich_text.to_show(html)
    assert "tracker" in rich_text.to_show(html, remote_images=True)
    assert not rich_text.has_remote_images('<img src="data:image/png;base64,AAAA">')


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        (
            "<table><tr><th>No.</th><th>Due</th></tr><tr><td>4.1</td><td>Friday</td></tr></table>",
            "No.  Due\n4.1  Friday",
        ),
        ('<a href="https://example.com/x">here</a>', "here (https://example.com/x)"),
        ('<a href="https://example.com/">https://example.com</a>', "https://example.com"),
        ('<img src="data:image/png;base64,AAAA" alt="Logo">', "[Logo]"),
        ("<p>a &lt;b&gt; &amp;   c</p>", "a <b> & c"),
        ("<pre>  a\n    b</pre>", "a\nb"),
        ("<p>こんにちは</p><div>世界</div>", "こんにちは\n\n世界"),
    ],
)
def test_as_text(html, text):
    assert rich_text.as_text(rich_text.taken_in(html)) == text


@pytest.mark.parametrize(
    "html",
    ["x" * (rich_text.MAX_HTML + 1), "&" * (rich_text.MAX_HTML - 1), "<div>" * 1000, "<b><i>" * 50_000],
    ids=["large", "larger when written out", "deep", "very deep"],
)
def test_what_is_too_much_is_refused_soon(html):
    begun = time.process_time()
    with pytest.raises(ValidationError) as refused:
        rich_text.taken_in(html)
    assert set(refused.value.message_dict) == {"html"}
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("html", ["", "  ", "<p> </p>", "<script>x</script>", "<style>p{}</style><br>"])
def test_what_shows_nothing_is_nothing(html):
    assert rich_text.taken_in(html) == ""
