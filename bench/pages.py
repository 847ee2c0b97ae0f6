"""The Ticket zoom window beside a bare view with the same rows, and with forms and panels as fixed HTML."""

from django.test import Client

from bench import bare_pages
from bench.measuring import IN_A_ROW, Side
from bench.world import World


class Visit:
    def __init__(self, client: Client, url: str):
        self.client, self.url = client, url

    def act(self) -> None:
        answer = self.client.get(self.url)
        assert answer.status_code == 200, (self.url, answer.status_code)  # noqa: S101


def sides(world: World) -> list[Side]:
    found = []
    client = Client(SERVER_NAME="localhost")
    client.force_login(world.uma)
    for articles, watchers in ((10, 10), (100, 10), (100, 1_000)):
        ticket = world.ticket(watchers, articles)
        page = client.get(ticket.get_absolute_url())
        bare_pages.remember(ticket.number, page.text)
        twin = f"/bare/{ticket.number}/"
        assert bare_pages.are_alike(page.text, client.get(twin).text)  # noqa: S101  (a twin that does less proves nothing)
        crowd = "_w1000" if watchers == 1_000 else ""
        name, bare = f"zoom_{articles}{crowd}", f"zoom_bare_{articles}{crowd}"
        found.append(Side(name, Visit(client, ticket.get_absolute_url()).act, bare=bare, times=IN_A_ROW))
        found.append(Side(bare, Visit(client, twin).act, times=IN_A_ROW))
    return found
