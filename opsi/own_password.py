"""The password asked again, before something that must not fall to whoever finds a session open."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opsi import throttle


class OwnPasswordForm(forms.Form):
    """Asks for the own password, and slows guessing down as the sign-in does."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request, data=None, prefix=""):
        # The page has two such forms at once: their fields need ids of their own, yet the same name.
        super().__init__(data, auto_id=f"id_{prefix}%s")
        self.request = request

    def clean_password(self):
        person, password = self.request.user, self.cleaned_data["password"]
        try:
            throttle.check(self.request, person.username)
        except throttle.Throttled as refusal:
            self.add_error(None, refusal)
            return ""
        if not person.check_password(password):
            throttle.failed(self.request, person.username)
            raise forms.ValidationError(_("This is not your password."))
        throttle.forgive(self.request, person)
        return password
