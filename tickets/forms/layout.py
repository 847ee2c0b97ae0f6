"""How the fields of a form stand: some beside each other where there is room."""

from collections.abc import Iterable, Sequence

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row


def in_rows(rows: Iterable[Sequence[str]]) -> FormHelper:
    """A helper for `{% crispy form %}`: one list of field names a row; the <form> itself is the template's."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.layout = Layout(
        *(
            Row(*(Column(name, css_class="col-sm") for name in row)) if len(row) > 1 else row[0]
            for row in rows
            if row
        )
    )
    return helper
