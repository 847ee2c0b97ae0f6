from django.urls import path

from tickets.views import articles, attachments, changing, ending, formatted, listing, registering, zoom

urlpatterns = [
    path("", listing.tickets, name="home"),
    path("tickets/", listing.tickets, name="ticket_list"),
    path("tickets/new/", registering.new, name="ticket_new"),
    path("tickets/customer-users/", registering.customer_users, name="customer_users"),
    path("tickets/<slug:number>/", zoom.zoom, name="ticket"),
    path("tickets/<slug:number>/history/", zoom.history, name="ticket_history"),
    path("tickets/<slug:number>/fields/<slug:name>/", changing.field, name="ticket_field"),
    path("tickets/<slug:number>/merge/", ending.merge, name="ticket_merge"),
    path("tickets/<slug:number>/delete/", ending.delete, name="ticket_delete"),
    path("tickets/<slug:number>/articles/", articles.create, name="ticket_articles"),
    path("tickets/<slug:number>/articles/new/", articles.new, name="article_new"),
    path("tickets/<slug:number>/articles/<int:article>/", articles.article, name="article"),
    path("tickets/<slug:number>/articles/<int:article>/edit/", articles.edit, name="article_edit"),
    path("tickets/<slug:number>/articles/<int:article>/delete/", articles.delete, name="article_delete"),
    path(
        "tickets/<slug:number>/articles/<int:article>/formatted/",
        formatted.formatted,
        name="article_formatted",
    ),
    path(
        "tickets/<slug:number>/articles/<int:article>/attachments/<uuid:key>/",
        attachments.attachment,
        name="attachment",
    ),
]
