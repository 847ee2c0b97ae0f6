"""Who may be signed in, asked at each request: a disabled or deleted person's sessions end at once."""

from django.contrib.auth.backends import ModelBackend
from django.db.models.expressions import BaseExpression

from opsi.models import User
from opsi.prepared import prepared

_along: dict[str, BaseExpression] = {}


def read_along(name: str, expression: BaseExpression) -> None:
    """Have every request's person carry `expression` (over User) as their attribute `name`, at no statement more.

    For what apps above show on every page; elsewhere a person has no such attribute.
    """
    _along[name] = expression


@prepared
def _by_id(user_id):
    return User._default_manager.annotate(**_along).filter(pk=user_id)


class PeopleBackend(ModelBackend):
    """Django's own, which takes as long over an unknown login as over a wrong password; rights come from roles."""

    def get_user(self, user_id):
        people = _by_id(int(user_id))
        return people[0] if people and self.user_can_authenticate(people[0]) else None

    def user_can_authenticate(self, user):
        return user.is_notifiable
