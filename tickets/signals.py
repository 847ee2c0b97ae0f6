"""`ticket_event` is sent once for every history row, inside the transaction and operation that wrote it.

Arguments: `event` (the saved TicketEvent), `operation` (tickets.operations.Operation) and `first` (False: another event
of the same operation was sent right before, in the same savepoint, as where many tickets change at once). A receiver
that raises undoes the act, so it must do little: insert a row.

`ticket_read` is sent when somebody reports what they have read of a ticket. Arguments: `ticket`, `person`, and `post`,
the QueryDict with whatever floors above had their parts of the page report along. A BadRequest refuses the report.
"""

from django.dispatch import Signal

ticket_event = Signal()
ticket_read = Signal()
