"""What somebody who means harm, or a broken program, puts into a field, a query, an address or a body."""

from urllib.parse import quote_from_bytes

from hypothesis import strategies as st

NUMBERS = ["-1", "0", "2147483648", "9223372036854775808", "18446744073709551616", "9" * 5000, "1e309", "NaN", "-inf",
           "0x1F", "1_000", "٣", "１", "1.5", " 7 ", "+7", "²", "00000000000000000001"]  # fmt: skip
TEXTS = ["", " ", "\x00", "a\x00b", "\x1b[31m", "\x7f", "\r\nBcc: all@example.com", "\u202eexe.txt", "\ufeff", "\u2028",
         "مرحبا بالعالم", "👩‍💻" * 50, "é" * 3, "ﬀ", "İ", "ß", "x" * 5000, "あ" * 1000,
         "\ud800", "a\udfff"]  # fmt: skip
MARKUP = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{ request.user.password }}{% debug %}",
          "${7*7}", "%s%n%(x)d", "' OR '1'='1'; --", "\\", "%", "_", "../../../../etc/passwd", "javascript:alert(1)",
          "//evil.example", "[1, 2]", '{"a": 1}', "null", "!!python/object/apply:os.system [id]", "&a [*a]",
          ]  # fmt: skip
MOMENTS = ["0000-01-01", "0001-01-01T00:00", "9999-12-31T23:59", "10000-01-01", "2026-02-30", "2026-03-29T02:30",
           "2026-10-25T02:30", "2026-12-01T12:00+99:99", "2026-12-01T12:00-23:59", "9999-12-31T23:59:59.999999-14:00_1",
           "0001-01-01T00:00:00+14:00_1", "2026-12-01T24:00", "25:61", "-00:00", "2026-W53-8"]  # fmt: skip
OTHERS_IDS = ["1", "2", "3", "4", "5", "ada", "bo", "me", "on", "any", "delete", "brew"]
# No text in UTF-8 at all, as far as an address or a form can carry it.
BYTES = [b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"abc\x80", b"\xf8\x88\x80\x80\x80"]

values = st.one_of(
    st.sampled_from([*NUMBERS, *TEXTS, *MARKUP, *MOMENTS, *OTHERS_IDS]).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    ),
    st.sampled_from(BYTES),
    st.integers(-(2**70), 2**70).map(lambda number: str(number).encode()),
    st.text(max_size=30).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
# Once mostly; several times where one is meant; not at all.
repeated = st.one_of(st.lists(values, min_size=1, max_size=1), st.lists(values, max_size=4))
segments = values.map(lambda value: quote_from_bytes(value[:300], safe="")).filter(bool)

FILE_NAMES = ["a.txt", "", "x" * 5000 + ".txt", "../../etc/passwd", "a\\b\\c.png", "\u202etxt.exe", "报告.pdf", "a.php",
              "con", "a.txt\x00.png", 'quo"te.txt', "a;b=c.txt", ".htaccess", "a." + "y" * 500]  # fmt: skip
CONTENTS = [b"", b"hello", b"\x00", b"MZ\x90", b"<script>alert(1)</script>", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7",
            b"x" * 70_000, b"&a [*a]", b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", b"!!python/object/apply:id [1]",
            b"format: 1\nnotifications:\n- 1", b"[" * 500, b"\xff\xfe\x00"]  # fmt: skip
files = st.tuples(
    st.sampled_from(FILE_NAMES),
    st.sampled_from(["text/plain", "image/png", "", "x" * 500, "text/html; charset=klingon"]),
    st.sampled_from(CONTENTS),
)

CONTENT_TYPES = ["application/json", "text/xml", "", "text/plain", "multipart/form-data",
                 "multipart/form-data; boundary=",
                 "multipart/form-data; boundary=\xff",
                 "application/x-www-form-urlencoded; charset=utf-16",
                 "application/x-www-form-urlencoded; charset=klingon", "application/octet-stream"]  # fmt: skip
BODIES = [b"", b"{", b'{"title": {"a": [1]}}', b"[[[[", b"\x00\x01", b"\xff" * 50, b"=&=&&;", b"%&%f&%zz=%",
          b"--\xff\r\n", b"&".join(b"a%d=1" % number for number in range(2000))]  # fmt: skip
