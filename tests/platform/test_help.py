"""Help in the app: who finds which pages of docs/ there, and what becomes of their links, pictures and words."""

import re
from pathlib import Path

import pytest
from django.urls import resolve

from opsi import help_text

PROJECT = Path(__file__).resolve().parents[2]
PAGES = {
    "guide/customer.md": "# For customers\n\n![A screen](../images/screens/new.png)\n\n## Asking\n\nHow.\n",
    "guide/ja/customer.md": "# お客様へ\n\n[一覧](../agent.md) ![画面](../../images/screens/new.png)\n",
    "guide/agent.md": "# For agents\n\n[asking](customer.md#asking), [mail](../mail.md), [code](../../opsi/help.py)\n",
    "guide/lead.md": "# For leads\n\n[mail](../mail.md#why-managepy-sends), [why](../decisions)\n",
    "guide/operator.md": "# For operators\n",
    "guide/developer.md": "# For developers\n",
    "mail.md": "# Mail: `windows`\n\n## Why `manage.py` sends\n\nSo.\n",
    "decisions/README.md": "# Decisions\n",
}
ALL = ["lead", "operator", "developer", "agent", "customer", "docs/mail", "docs/decisions/README"]
READS = {
    "ada": ALL,
    **{login: ["agent", "customer"] for login in ("mika", "uma", "aiko", "vera")},
    **{login: ["customer"] for login in ("carl", "cora", "bo", "ray")},
}
PICTURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def docs(settings, tmp_path):
    """A folder of docs of its own; the guides are others' to write."""
    for name, text in PAGES.items():
        file = tmp_path / "docs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    pictures = tmp_path / "docs" / "images"
    (pictures / "screens").mkdir(parents=True)
    (pictures / "screens" / "new.png").write_bytes(PICTURE)
    (pictures / "notes.txt").write_text("not a picture")
    (tmp_path / "secret.png").write_bytes(PICTURE)
    settings.OPSI_DOCS_DIR = tmp_path / "docs"
    return settings.OPSI_DOCS_DIR


def page_of(client, name):
    return client.get(f"/help/{name}/")


def led_to(answer):
    """The names of the pages that links of the main part lead to, in their order."""
    main = answer.text.partition('<main id="content"')[2]
    return re.findall(r'href="/help/([\w/]+)/(?:#[\w-]*)?"', main)


class TestWhoReadsWhat:
    @pytest.mark.parametrize("login", READS)
    def test_the_index_has_theirs_in_order(self, login, docs, everyone, signed_in):
        assert led_to(signed_in(everyone[login]).get("/help/")) == READS[login]

    @pytest.mark.parametrize("login", READS)
    def test_what_is_not_for_them_answers_as_what_is_not_there(self, login, docs, everyone, signed_in):
        client = signed_in(everyone[login])
        found = {name: page_of(client, name) for name in ALL}
        assert [name for name, answer in found.items() if answer.status_code == 200] == sorted(
            READS[login], key=ALL.index
        )
        unknown = page_of(client, "nonsense")
        token = re.compile(r'(csrf[\w-]*"\s+(?:value|content)=|X-CSRFToken": )"\w+"')
        for answer in found.values():
            if answer.status_code != 200:
                assert answer.status_code == unknown.status_code == 404
                assert token.sub("", answer.text) == token.sub("", unknown.text)

    def test_nobody_reads_without_signing_in(self, docs, client, db):
        for path in ("/help/", "/help/customer/", "/help/images/screens/new.png"):
            assert client.get(path).headers["Location"] == f"/login/?next={path}"

    def test_the_menu_leads_there(self, cora, signed_in):
        assert 'href="/help/"' in signed_in(cora).get("/").text

    def test_the_admin_leads_to_the_leads_guide(self, ada, signed_in):
        assert 'href="/help/lead/"' in signed_in(ada).get("/admin/").text


class TestAPage:
    def test_it_has_its_contents_and_anchors(self, docs, cora, signed_in):
        text = page_of(signed_in(cora), "customer").text
        assert '<a href="#asking">Asking</a>' in text
        assert '<h2 id="asking">Asking</h2>' in text

    def test_links_lead_to_the_pages_here(self, docs, ada, signed_in):
        text = page_of(signed_in(ada), "lead").text
        assert '<a href="/help/docs/mail/#why-managepy-sends">mail</a>' in text
        assert '<a href="/help/docs/decisions/README/">why</a>' in text
        assert 'id="why-managepy-sends"' in page_of(signed_in(ada), "docs/mail").text

    def test_links_to_what_is_not_for_their_reader_are_words(self, docs, uma, ada, signed_in):
        text = page_of(signed_in(uma), "agent").text
        assert '<p><a href="/help/customer/#asking">asking</a>, mail, code</p>' in text
        assert '<a href="/help/docs/mail/">mail</a>, code' in page_of(signed_in(ada), "agent").text

    def test_html_is_shown_and_not_followed(self, docs, cora, signed_in):
        (docs / "guide" / "customer.md").write_text(
            "# X\n\n<script>alert(1)</script>\n\n[x](javascript:alert)\n"
        )
        text = page_of(signed_in(cora), "customer").text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        assert "<script>alert" not in text
        assert 'href="javascript' not in text

    def test_who_reads_japanese_gets_the_twin(self, docs, aiko, signed_in):
        text = page_of(signed_in(aiko), "customer").text
        assert '<div class="of-docs" lang="ja"><h1 id="お客様へ">お客様へ</h1>' in text
        assert '<a href="/help/agent/">一覧</a>' in text
        assert 'src="/help/images/screens/new.png"' in text

    def test_where_there_is_none_they_get_the_english_one_marked_as_such(self, docs, aiko, uma, signed_in):
        text = page_of(signed_in(aiko), "agent").text
        text = page_of(signed_in(aiko), "agent").text
        assert '<html lang="ja"' in text
        assert '<div class="of-docs" lang="en"><h1 id="for-agents">' in text
        assert '<div class="of-docs" lang="en">' in page_of(signed_in(uma), "customer").text

    def test_it_is_made_once_a_process(self, docs, cora, signed_in):
        first = page_of(signed_in(cora), "customer")
        (docs / "guide" / "customer.md").write_text("# Changed\n")
        assert "Changed" not in page_of(signed_in(cora), "customer").text
        assert first.status_code == 200

    @pytest.mark.parametrize("path", ["/help/", "/help/docs/mail/"])
    def test_it_asks_the_database_for_no_more_than_any_page(
        self, path, docs, ada, signed_in, django_assert_num_queries
    ):
        client = signed_in(ada)
        client.get(path)
        with django_assert_num_queries(4):  # session, person, bell, watched tickets
            client.get(path)


class TestPictures:
    def test_a_picture_is_one_that_browsers_keep(self, docs, cora, signed_in):
        answer = signed_in(cora).get("/help/images/screens/new.png")
        assert b"".join(answer) == PICTURE
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert {"private", "max-age=86400"} <= set(answer.headers["Cache-Control"].split(", "))

    @pytest.mark.parametrize(
        "name",
        [
            "nonsense.png", "notes.txt", "screens", "screens/", "../mail.md", "../../secret.png",
            "..%2F..%2Fsecret.png", "screens/../../../secret.png", "/etc/passwd", "%00", "screens/new.png%00",
        ],
    )  # fmt: skip
    def test_nothing_else_comes_out_of_there(self, name, docs, ada, signed_in):
        assert signed_in(ada).get(f"/help/images/{name}").status_code == 404

    @pytest.mark.parametrize(
        "name",
        [
            "../README",
            "docs/../../secret",
            "docs/..%2F..%2FREADME",
            "guide/lead",
            "docs/guide/lead",
            "%00",
            "ja",
        ],
    )
    def test_nor_by_the_name_of_a_page(self, name, docs, ada, signed_in):
        assert page_of(signed_in(ada), name).status_code == 404


@pytest.mark.parametrize("path", ["/help/", "/help/customer/"])
def test_without_the_folder_a_page_says_so(path, settings, tmp_path, cora, signed_in):
    settings.OPSI_DOCS_DIR = tmp_path / "nowhere"
    answer = signed_in(cora).get(path)
    assert answer.status_code == 404
    assert "Help is not installed here" in answer.text


# What is written


def files():
    return [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]


def anchors(file):
    return {heading.anchor for heading in help_text.headings(file.read_text())}


@pytest.mark.once
@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(PROJECT)))
def test_every_link_leads_somewhere(file):
    wrong = []
    for target in help_text.targets(file.read_text()):
        path, _sign, anchor = target.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        if target.startswith("/"):
            resolve(path)
            continue
        to = (file.parent / path).resolve() if path else file
        if not (to.exists() and to.is_relative_to(PROJECT)):
            wrong.append(f"{target}: not there")
        elif anchor and anchor not in anchors(to):
            wrong.append(f"{target}: no such heading")
    assert wrong == []


@pytest.mark.once
def test_the_links_of_a_text_are_found_wherever_they_stand():
    text = "# A\n\n| a |\n|---|\n| [b](c.md#d) |\n\n- **[e](#f)** ![g](h.png)\n\n`[no](link.md)`\n"
    assert help_text.targets(text) == ["c.md#d", "#f", "h.png"]


@pytest.mark.once
def test_headings_have_the_anchors_that_a_repository_gives_them():
    text = "# What is wrong? `manage.py doctor`\n\n## Twice\n\n## Twice\n\n## An *old* [one](x.md): A_b – c\n"
    assert [heading.anchor for heading in help_text.headings(text)] == [
        "what-is-wrong-managepy-doctor", "twice", "twice-1", "an-old-one-a_b--c",
    ]  # fmt: skip


@pytest.mark.once
def test_every_page_is_in_the_index_of_all():
    listed = {
        (PROJECT / "docs" / target.partition("#")[0]).resolve()
        for target in help_text.targets((PROJECT / "docs" / "README.md").read_text())
    }
    pages = {*(PROJECT / "docs").glob("*.md"), *(PROJECT / "docs" / "guide").glob("*.md")}
    assert pages - listed == {PROJECT / "docs" / "README.md"}
