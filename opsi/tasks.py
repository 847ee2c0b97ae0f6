"""The tasks call what does the work; each may run twice, or never, without harm."""

from celery import shared_task


@shared_task
def clear_sessions() -> None:
    """Take away the rows of sessions whose time is over: nobody comes back who would end them."""
    from django.contrib.sessions.backends.db import SessionStore

    SessionStore.clear_expired()
