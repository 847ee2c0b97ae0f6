from django.urls import path

from watchers import listing, preferences, setting, views

urlpatterns = [
    path("tickets/<slug:number>/watch/", views.watch, name="watch"),
    path("tickets/<slug:number>/watchers/", setting.watchers, name="watchers"),
    path("tickets/<slug:number>/watchers/<str:login>/", setting.watcher, name="watcher"),
    path("tickets/<slug:number>/watchers/group/<slug:slug>/", setting.group_watcher, name="group_watcher"),
    path("watched/selection/", listing.watched_selection, name="watched_selection"),
    path("watched/", views.watched, name="watched"),
    path("preferences/watching/", preferences.watching, name="watching_preferences"),
    path("watchers/suggestions/", views.suggestions, name="watcher_suggestions"),
]
