"""The admin's pages of notifications; each module registers its own."""

from notifications.admin import addresses, definitions, function, inbox, mail, outbox, sections

__all__ = ["addresses", "definitions", "function", "inbox", "mail", "outbox", "sections"]
