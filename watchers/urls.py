from django.urls import path

from watchers import views

urlpatterns = [
    path("tickets/<slug:number>/watch/", views.watch, name="watch"),
    path("tickets/<slug:number>/watchers/", views.watchers, name="watchers"),
    path("tickets/<slug:number>/watchers/<str:login>/", views.watcher, name="watcher"),
    path("watched/", views.watched, name="watched"),
    path("watchers/suggestions/", views.suggestions, name="watcher_suggestions"),
]
