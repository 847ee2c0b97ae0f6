"""The admin's pages of notifications; each module registers its own."""

from notifications.admin import addresses, alarm, definitions, function, inbox, mail, outbox, sections

__all__ = ["addresses", "alarm", "definitions", "function", "inbox", "mail", "outbox", "sections"]
