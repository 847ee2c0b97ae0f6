"""Where every page is: each app lists its own, this puts them together."""

from django.contrib import admin
from django.urls import include, path

from opsi import views

urlpatterns = [
    # The admin's own doors lead to ours.
    path("admin/login/", views.admin_login),
    path("admin/logout/", views.logout),
    path("admin/password_change/", views.admin_password),
    path("admin/", admin.site.urls),
    path("", include("notifications.urls")),
    path("", include("watchers.urls")),
    path("", include("tickets.urls")),
    path("", include("opsi.pages")),
]

handler400 = "opsi.views.bad_request"
handler500 = "opsi.views.server_error"
