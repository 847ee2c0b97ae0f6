"""The platform's own pages: signing in and out, personal preferences, help, health."""

from django.urls import path

from opsi import health, help, metrics, preferences, second_step, security_txt, sso_door, two_step, views

urlpatterns = [
    path("login/", views.login, name="login"),
    path("login/code/", second_step.code, name="code"),
    path("login/sso/", sso_door.leave, name="sso"),
    # As django-allauth calls it, which makes the address that it gives to the service.
    path(
        "login/sso/callback/",
        sso_door.come_back,
        {"provider_id": sso_door.PROVIDER},
        name="openid_connect_callback",
    ),
    path("logout/", views.logout, name="logout"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/password/", preferences.password, name="password"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("preferences/sessions/", preferences.sessions, name="sessions"),
    path("preferences/two-step/", two_step.two_step, name="two-step"),
    path("preferences/two-step/code/", two_step.first_code, name="first-code"),
    path("preferences/two-step/recovery-codes/", two_step.recovery_codes, name="recovery-codes"),
    path("preferences/single-sign-on/", sso_door.connection, name="single-sign-on"),
    path("help/", help.index, name="help"),
    path("help/images/<path:picture>", help.picture, name="help_picture"),
    path("help/<path:page>/", help.page, name="help_page"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path(".well-known/security.txt", security_txt.security_txt, name="security-txt"),
]
