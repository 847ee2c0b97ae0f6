"""The pages of notifications. Endpoints are nouns: a row's reading is made (POST) and taken back (DELETE)."""

from django.urls import path

from notifications.views import (
    address,
    badge,
    foretelling,
    inbox,
    inbox_acts,
    inbox_rows,
    mute,
    pause,
    preferences,
    told,
    tracking,
    unsubscribe,
    waiting,
)

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/rows/", inbox.rows, name="inbox_rows"),
    path("inbox/newest/", inbox.newest, name="inbox_newest"),
    path("inbox/badge/", badge.badge, name="inbox_badge"),
    path("inbox/reading/", inbox_acts.reading_of_all, name="inbox_reading"),
    path("inbox/selection/", inbox_acts.selection, name="inbox_selection"),
    path("inbox/acts/<uuid:act>/", inbox_acts.act, name="inbox_act"),
    path("inbox/filters/", inbox_acts.filters, name="inbox_filters"),
    path("inbox/filters/<int:kept>/", inbox_acts.filter_kept, name="inbox_filter"),
    path("inbox/<int:row>/opening/", inbox_rows.opening, name="inbox_row_opening"),
    path("inbox/<int:row>/notices/", inbox.notices, name="inbox_row_notices"),
    path("inbox/<int:row>/reading/", inbox_rows.reading, name="inbox_row_reading"),
    path("inbox/<int:row>/done/", inbox_rows.done, name="inbox_row_done"),
    path("inbox/<int:row>/saved/", inbox_rows.saved, name="inbox_row_saved"),
    path("inbox/<int:row>/snooze/", inbox_rows.snooze, name="inbox_row_snooze"),
    path("tickets/<slug:number>/articles/<int:article>/waiting/", waiting.waiting_mail, name="waiting_mail"),
    path("tickets/<slug:number>/articles/audience/", foretelling.audience, name="article_audience"),
    path("tickets/<slug:number>/mute/", mute.mute, name="mute"),
    path("tickets/<slug:number>/told/", told.told, name="told"),
    path("tickets/<slug:number>/told/<uuid:operation>/", told.told_of, name="told_of"),
    path("preferences/notifications/", preferences.preferences, name="notification_preferences"),
    path("preferences/notifications/choices/", preferences.choices, name="notification_choices"),
    path("preferences/notifications/pause/", pause.pause, name="address_pause"),
    path("preferences/notifications/pause/test/", pause.test, name="address_pause_test"),
    path("preferences/notifications/address/", address.address, name="notification_address"),
    path(
        "preferences/notifications/address/<str:token>/",
        address.confirmation,
        name="notification_address_confirmation",
    ),
    path("unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("anymail/<slug:provider>/tracking/", tracking.tracking, name="mail_tracking"),
]
