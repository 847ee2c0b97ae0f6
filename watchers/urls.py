from django.urls import path

from watchers import preferences, views

urlpatterns = [
    path("tickets/<slug:number>/watch/", views.watch, name="watch"),
    path("tickets/<slug:number>/watchers/", views.watchers, name="watchers"),
    path("tickets/<slug:number>/watchers/<str:login>/", views.watcher, name="watcher"),
    path("watched/", views.watched, name="watched"),
    path("preferences/watching/", preferences.watching, name="watching_preferences"),
    path("watchers/suggestions/", views.suggestions, name="watcher_suggestions"),
]
