"""The platform's own pages: signing in and out, personal preferences, health."""

from django.urls import path

from opsi import health, preferences, views

urlpatterns = [
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/password/", preferences.password, name="password"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("preferences/sessions/", preferences.sessions, name="sessions"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
