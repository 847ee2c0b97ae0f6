"""Files as spreadsheets and people make them, and the import's pages as somebody uses them."""

import re

from django.core.files.uploadedfile import SimpleUploadedFile

PEOPLE, CUSTOMERS, QUEUES = "/admin/opsi/user/", "/admin/opsi/customer/", "/admin/tickets/queue/"
SHOWN = re.compile(r'name="shown" value="([^"]*)"')


def csv_of(*lines, delimiter=",", encoding="utf-8"):
    return "\r\n".join(line.replace(",", delimiter) for line in lines).encode(encoding)


def choose(client, listing, data):
    """The answer to a file: what it would do."""
    return client.post(f"{listing}import/", {"file": SimpleUploadedFile("it.csv", data)})


def bring_in(client, listing, answer, **ticks):
    """Import what `answer` shows."""
    shown = SHOWN.search(answer.text)[1]
    return client.post(f"{listing}import/run/", {"shown": shown, **ticks}, follow=True)


def problems_of(report):
    """{line: [(column, reason)]}"""
    return {line.number: [tuple(problem) for problem in line.problems] for line in report.wrong}
