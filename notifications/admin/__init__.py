"""The admin's pages of notifications; each module registers its own."""

from notifications.admin import addresses, definitions, function, mail, outbox

__all__ = ["addresses", "definitions", "function", "mail", "outbox"]
