"""When a person wants their mail: each as it comes or in a summary, and not in quiet hours (domain §4)."""

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.choices import Rhythm, Weekday
from notifications.choosing import keep, settings_to_fill
from notifications.holding import reschedule
from notifications.models import PersonalSettings
from opsi.models import User


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self):
        super().__init__(format="%H:%M")


class MailTimesForm(forms.ModelForm):
    """What the page does not send (a day, without a weekly summary) stays as it was."""

    rhythm = forms.ChoiceField(
        label=gettext_lazy("How often"), choices=Rhythm, required=False, widget=forms.RadioSelect
    )
    summary_day = forms.TypedChoiceField(
        label=gettext_lazy("Summary on"), choices=Weekday, coerce=int, empty_value=None, required=False
    )
    quiet_days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Only on these days"),
        choices=Weekday,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: every day. A night belongs to the day it begins on."),
    )

    class Meta:
        model = PersonalSettings
        fields = [
            "rhythm",
            "summary_at",
            "summary_day",
            "quiet_from",
            "quiet_until",
            "quiet_days",
            "no_mail_when_read",
        ]
        widgets = {"summary_at": ClockInput(), "quiet_from": ClockInput(), "quiet_until": ClockInput()}
        labels = {
            "summary_at": gettext_lazy("Summary at"),
            "quiet_from": gettext_lazy("Quiet from"),
            "quiet_until": gettext_lazy("Quiet until"),
            "no_mail_when_read": gettext_lazy("No e-mail for what I have read in the app"),
        }

    def __init__(self, data=None, *, person: User):
        super().__init__(data, instance=settings_to_fill(person))
        self.fields["summary_at"].required = False

    def clean_rhythm(self):
        return self.cleaned_data["rhythm"] or self.instance.rhythm

    def clean_summary_day(self):
        day = self.cleaned_data["summary_day"]
        return self.instance.summary_day if day is None else day

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("rhythm") not in {Rhythm.DAILY, Rhythm.WEEKLY}:
            # Nobody sees the field then.
            self.errors.pop("summary_at", None)
        elif "summary_at" in cleaned and cleaned["summary_at"] is None:
            self.add_error("summary_at", _("When shall the summary come?"))
        cleaned["summary_at"] = cleaned.get("summary_at") or self.instance.summary_at
        self._check_quiet_hours(cleaned)
        return cleaned

    def _check_quiet_hours(self, cleaned):
        if not {"quiet_from", "quiet_until"} <= cleaned.keys():
            return
        begins, ends = cleaned["quiet_from"], cleaned["quiet_until"]
        if begins and ends is None:
            self.add_error("quiet_until", _("Until when?"))
        if ends and begins is None:
            self.add_error("quiet_from", _("From when?"))
        if begins is not None and begins == ends:
            self.add_error("quiet_until", _("Quiet hours that end when they begin would never end."))

    def save(self, commit=True):
        with transaction.atomic():
            own = keep(self)
            reschedule(self.instance.person, own, timezone.now())
        return own
