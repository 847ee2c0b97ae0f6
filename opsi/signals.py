"""What happens to people, told to the apps above inside the transaction that did it.

`person_event` is sent by the verbs of `opsi.models.User` and the pages of `opsi.preferences` with `person` (a User),
`event` (one of the names below), `by` (the acting User or None) and `old`/`new` where the event has them: the customers
of a switch; `old` is the past User whose heir `person` is.
"""

from django.dispatch import Signal

CUSTOMER_SWITCHED = "customer_switched"
DELETED = "deleted"
INHERITED = "inherited"
TIME_ZONE_CHANGED = "time_zone_changed"

person_event = Signal()
