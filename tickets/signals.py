"""`ticket_event` is sent once for every history row, inside the transaction and operation that wrote it.

Arguments: `event` (the saved TicketEvent) and `operation` (tickets.operations.Operation). A receiver that raises undoes
the act, so it must do little: insert a row.
"""

from django.dispatch import Signal

ticket_event = Signal()
