"""The tasks call what does the work; each may run twice, or never, without harm."""

from celery import shared_task


@shared_task
def sweep() -> None:
    from tickets.due import sweep

    sweep()


@shared_task
def tidy() -> None:
    from tickets.models import Composing

    Composing.objects.stale().delete()
