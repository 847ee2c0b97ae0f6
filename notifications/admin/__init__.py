"""The admin's pages of notifications; each module registers its own."""

from notifications.admin import definitions, function, mail, outbox

__all__ = ["definitions", "function", "mail", "outbox"]
