"""What happens to people, told to the apps above inside the transaction that did it.

`person_event` is sent by the verbs of `opsi.models.User` with `person` (a User), `event` (one of the names below),
`by` (the acting User or None) and `old`/`new` where the event has them.
"""

from django.dispatch import Signal

CUSTOMER_SWITCHED = "customer_switched"
DELETED = "deleted"

person_event = Signal()
