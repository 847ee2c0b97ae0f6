"""The product's pages, and the bare twins that they are measured against."""

from django.urls import include, path

from bench import bare_pages

urlpatterns = [
    path("bare/empty/", bare_pages.empty),
    path("bare/page/", bare_pages.page),
    path("bare/<str:number>/", bare_pages.zoom),
    path("", include("opsi.urls")),
]
handler400 = "opsi.views.bad_request"
