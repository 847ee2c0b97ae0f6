"""`/preferences/watching/`: when one begins to watch by oneself (domain §3 rule 6)."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from opsi.methods import see_other
from opsi.models import User
from opsi.parts import render_part
from opsi.requests import PersonRequest
from opsi.roles import AgentRole
from tickets import access
from watchers.models import AutoWatch


class AutoWatchForm(forms.ModelForm):
    """Only the occasions there can be for this person."""

    class Meta:
        model = AutoWatch
        fields = ["on_create", "on_article", "on_informed"]
        labels = {
            "on_create": gettext_lazy("I create a ticket"),
            "on_article": gettext_lazy("I write a note or an answer"),
            "on_informed": gettext_lazy("Somebody informs me of what they write"),
        }

    def __init__(self, data=None, *, person: User):
        own = AutoWatch.objects.filter(person=person).first() or AutoWatch(person=person)
        super().__init__(data, instance=own)
        if not access.may_create(person):
            del self.fields["on_create"]
        if person.is_agent and not person.holds(AgentRole.USER):
            del self.fields["on_article"]
        if not person.is_agent:
            del self.fields["on_informed"]

    def save(self, commit=True):
        values = {name: self.cleaned_data[name] for name in self.fields}
        # Whoever saves in two windows at once makes one row, not an error.
        AutoWatch.objects.update_or_create(person=self.instance.person, defaults=values)
        return self.instance


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def watching(request: PersonRequest) -> HttpResponse:
    form = AutoWatchForm(request.POST if request.method == "POST" else None, person=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, _("Your preferences are saved."))
        return see_other(reverse("watching_preferences"))
    status = 422 if form.is_bound else 200
    return render(request, "watchers/preferences.html", {"form": form}, status=status)


def link(request, **context) -> str:
    """The slot `preferences.nav`."""
    return render_part("watchers/preferences_link.html", {}, request)
