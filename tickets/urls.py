from django.urls import path

from tickets import preferences
from tickets.views import (
    articles,
    attachments,
    changing,
    composing,
    ending,
    filter_keeping,
    formatted,
    linking,
    listing,
    printing,
    reading,
    registering,
    selecting,
    zoom,
)

urlpatterns = [
    path("", listing.home, name="home"),
    path("tickets/", listing.tickets, name="ticket_list"),
    path("tickets/new/", registering.new, name="ticket_new"),
    path("tickets/filters/", filter_keeping.filters, name="list_filters"),
    path("tickets/filters/<int:kept>/", filter_keeping.list_filter, name="list_filter"),
    path("tickets/selection/", selecting.selection, name="selection"),
    path("tickets/selection/changes/", selecting.changes, name="selection_changes"),
    path("tickets/selection/mine/", selecting.mine, name="selection_mine"),
    path("tickets/customer-users/", registering.customer_users, name="customer_users"),
    path("tickets/<slug:number>/", zoom.zoom, name="ticket"),
    path("tickets/<slug:number>/history/", zoom.history, name="ticket_history"),
    path("tickets/<slug:number>/print/", printing.print_page, name="ticket_print"),
    path("tickets/<slug:number>/view/", zoom.view, name="ticket_view"),
    path("tickets/<slug:number>/reading/", reading.reading, name="ticket_reading"),
    path("tickets/<slug:number>/fields/<slug:name>/", changing.field, name="ticket_field"),
    path("tickets/<slug:number>/merge/", ending.merge, name="ticket_merge"),
    path("tickets/<slug:number>/links/", linking.links, name="ticket_links"),
    path("tickets/<slug:number>/links/<slug:other>/", linking.link, name="ticket_link"),
    path("tickets/<slug:number>/delete/", ending.delete, name="ticket_delete"),
    path("tickets/<slug:number>/composing/", composing.composing, name="ticket_composing"),
    path("tickets/<slug:number>/articles/", articles.create, name="ticket_articles"),
    path("tickets/<slug:number>/articles/new/", articles.new, name="article_new"),
    path(
        "tickets/<slug:number>/articles/templates/<int:template>/", articles.template, name="article_template"
    ),
    path("tickets/<slug:number>/articles/people/", articles.people, name="article_people"),
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
    path("preferences/signature/", preferences.signature, name="signature_preferences"),
]
