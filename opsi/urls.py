"""Where every page is: each app lists its own, this puts them together."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("notifications.urls")),
    path("", include("watchers.urls")),
    path("", include("tickets.urls")),
    path("", include("opsi.pages")),
]

handler400 = "opsi.views.bad_request"
