"""A channel: pagers, each a file that another program reads."""

from functools import partial

from django.conf import settings
from django.db import transaction

from notifications.channels import Channel, register
from notifications.models import Notice
from notifications.wording import Reader, words

PAGERS = settings.OPSI_DATA_DIR / "pagers"


def deliver(notices, now):
    # What is not decided yet is told to nobody, and a slow disk holds up no dispatch: after the commit.
    transaction.on_commit(partial(page, [notice.pk for notice in notices]), robust=True)


def page(ids):
    PAGERS.mkdir(exist_ok=True)
    notices = Notice.objects.select_related("person", "definition_version", "event__ticket", "event__article")
    for notice in notices.filter(pk__in=ids):
        said = words(notice.definition_version, notice.event, Reader.of(notice.person))
        with (PAGERS / str(notice.person_id)).open("a") as pager:
            pager.write(f"{said.subject}\n")


register(Channel("pager", "Pager", "device-phone-mobile", lambda function: True, deliver))
