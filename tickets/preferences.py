"""`/preferences/signature/`: what stands beneath one's own replies to customers; for agents who may write any."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from opsi.methods import see_other
from opsi.models import User
from opsi.naming import Naming
from opsi.requests import PersonRequest
from opsi.roles import AgentRole
from tickets import prepared_texts
from tickets.models import Signature


class SignatureForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Signature"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea({"rows": 5}),
        help_text=gettext_lazy(
            "Stands beneath your replies to customers, above the signature of the queue. Empty: none."
        ),
    )

    def save(self, person: User) -> None:
        Signature.objects.update_or_create(person=person, defaults={"text": self.cleaned_data["text"]})


def has_one(person: User) -> bool:
    """Viewers write no replies."""
    return person.holds(AgentRole.USER)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signature(request: PersonRequest) -> HttpResponse:
    if not has_one(request.user):
        raise Http404
    own = Signature.objects.filter(person=request.user).first()
    sent = request.POST if request.method == "POST" else None
    form = SignatureForm(sent, initial={"text": own.text if own else ""})
    if form.is_valid():
        form.save(request.user)
        messages.success(request, _("Your preferences are saved."))
        return see_other(reverse("signature_preferences"))
    context = {
        "form": form,
        "tags": [(name, label) for name, (label, _value) in prepared_texts.TAGS.items()],
        "unused": Naming().settings.neutral_agents,
    }
    return render(request, "tickets/preferences.html", context, status=422 if form.is_bound else 200)


def link(request, **context) -> str:
    """The slot `preferences.nav`."""
    return render_to_string("tickets/preferences_link.html", {}, request) if has_one(request.user) else ""
