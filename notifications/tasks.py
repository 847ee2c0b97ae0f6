"""The tasks carry ids and call what does the work; each may run twice, or never, without harm."""

from celery import shared_task


@shared_task
def dispatch(operation: str) -> None:
    from notifications.dispatch import dispatch_operation

    dispatch_operation(operation)


@shared_task
def dispatch_waiting() -> None:
    from notifications.dispatch import dispatch_waiting

    dispatch_waiting()


@shared_task
def send_due() -> None:
    from notifications.mailing import send_due

    send_due()


@shared_task
def sweep() -> None:
    from notifications.models import WorkerSign
    from notifications.sweep import sweep

    WorkerSign.give()
    sweep()


@shared_task
def keep_house() -> None:
    from notifications.housekeeping import keep_house

    keep_house()


@shared_task
def watch_over() -> None:
    from notifications.incidents import watch_over

    watch_over()
