"""A long select says what Django's own says."""

import pytest
from django import forms
from django.test.html import parse_html

from opsi.models import Customer
from opsi.widgets import LongSelect


class Plain(forms.Form):
    owner = forms.ChoiceField(choices=[("", "Any"), ("mine", "Me"), (7, "<b>“Aiko” & Uma</b>"), ('"', "'")])
    customer = forms.ModelChoiceField(Customer.objects.all(), empty_label="Any", required=False)


class Long(Plain):
    owner = forms.ChoiceField(choices=Plain.base_fields["owner"].choices, widget=LongSelect)
    customer = forms.ModelChoiceField(
        Customer.objects.all(), empty_label="Any", required=False, widget=LongSelect
    )


@pytest.mark.parametrize("owner", [None, "", "mine", 7, "7", '"', "nobody there"])
def test_it_renders_the_same(acme, borealis, owner):
    data = {"owner": owner, "customer": borealis.pk} if owner is not None else None
    for name in ("owner", "customer"):
        assert parse_html(str(Long(data)[name])) == parse_html(str(Plain(data)[name]))


def test_nothing_in_it_is_taken_for_markup(db):
    assert "<b>" not in str(Long()["owner"])
