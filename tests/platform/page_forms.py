"""The forms and links of a page as a browser would use them: what it could send, and where it could go."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

TOKEN = "csrfmiddlewaretoken"


@dataclass
class PageForm:
    """`fields` is [(name, what a browser sends of it untouched)], `files` the names of those that take files."""

    action: str = ""
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    # Names that send nothing until somebody ticks or chooses.
    silent: list[str] = field(default_factory=list)

    @property
    def names(self):
        named = [name for name, _value in (*self.fields, *self.buttons)] + self.silent
        return list(dict.fromkeys(name for name in named if name != TOKEN))

    @property
    def data(self):
        """{name: [values]}, to be posted as it stands."""
        found: dict[str, list[str]] = {}
        for name, value in self.fields:
            if name != TOKEN:
                found.setdefault(name, []).append(value)
        return found


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.links = [], []
        self.form = self.select = self.text = None
        self.options = []
        self.by_id = {}

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self.form = PageForm(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self.form)
            self.by_id[given.get("id", "")] = self.form
        # A control may stand outside its form and name it.
        form = self.by_id.get(given["form"]) if given.get("form") else self.form
        name = given.get("name", "")
        if form is None or not name or "disabled" in given:
            return
        if tag == "select":
            self.select, self.options = (form, name, "multiple" in given), []
        elif tag == "textarea":
            self.text = (form, name, [])
        elif tag == "button":
            form.buttons.append((name, given.get("value", "")))
        elif tag == "input":
            self._input(form, name, given)

    def _input(self, form, name, given):
        kind = given.get("type", "text")
        if kind == "file":
            form.files.append(name)
        elif kind in {"submit", "image"}:
            form.buttons.append((name, given.get("value", "")))
        elif kind in {"checkbox", "radio"} and "checked" not in given:
            form.silent.append(name)
        else:
            form.fields.append((name, given.get("value", "on" if kind == "checkbox" else "")))

    def handle_data(self, data):
        if self.text:
            self.text[2].append(data)

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "textarea" and self.text:
            form, name, parts = self.text
            # The first line's end belongs to the markup.
            form.fields.append((name, "".join(parts).removeprefix("\n")))
            self.text = None
        elif tag == "select" and self.select:
            form, name, several = self.select
            chosen = [value for value, is_chosen in self.options if is_chosen]
            if not chosen and not several and self.options:
                chosen = [self.options[0][0]]
            form.fields.extend((name, value) for value in chosen)
            if not chosen:
                form.silent.append(name)
            self.select = None

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)


class _OptionReader(_Reader):
    def handle_starttag(self, tag, attributes):
        if tag == "option" and self.select:
            given = dict(attributes)
            self.options.append((given.get("value") or "", "selected" in given))
        super().handle_starttag(tag, attributes)


def read(html):
    """([PageForm], [href]) of a page."""
    reader = _OptionReader()
    reader.feed(html)
    return reader.forms, reader.links


def forms_of(html):
    return read(html)[0]


def parameters_of(html, path):
    """{path: {names}}: what the page's links and its forms with GET put into a query."""
    forms, links = read(html)
    found: dict[str, set[str]] = {}
    for link in links:
        parts = urlsplit(link)
        if not parts.scheme and not parts.netloc and parts.query:
            names = {name for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
            found.setdefault(parts.path or path, set()).update(names)
    for form in forms:
        if form.method == "get":
            found.setdefault(urlsplit(form.action).path or path, set()).update(form.names)
    return found
