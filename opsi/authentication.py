"""Who may be signed in, asked at each request: a disabled or deleted person's sessions end at once."""

from django.contrib.auth.backends import ModelBackend


class PeopleBackend(ModelBackend):
    """Django's own, which takes as long over an unknown login as over a wrong password; rights come from roles."""

    def user_can_authenticate(self, user):
        return user.is_notifiable
