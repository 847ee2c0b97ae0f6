"""The pages of notifications. Endpoints are nouns: a row's reading is made (POST) and taken back (DELETE)."""

from django.urls import path

from notifications.views import (
    address,
    badge,
    inbox,
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
    path("inbox/badge/", badge.badge, name="inbox_badge"),
    path("inbox/reading/", inbox.reading_of_all, name="inbox_reading"),
    path("inbox/<int:row>/opening/", inbox.opening, name="inbox_row_opening"),
    path("inbox/<int:row>/reading/", inbox.reading, name="inbox_row_reading"),
    path("inbox/<int:row>/done/", inbox.done, name="inbox_row_done"),
    path("inbox/<int:row>/saved/", inbox.saved, name="inbox_row_saved"),
    path("inbox/<int:row>/snooze/", inbox.snooze, name="inbox_row_snooze"),
    path("inbox/selection/", inbox.selection, name="inbox_selection"),
    path("tickets/<slug:number>/reading/", inbox.ticket_reading, name="ticket_reading"),
    path("tickets/<slug:number>/articles/<int:article>/waiting/", waiting.waiting_mail, name="waiting_mail"),
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
