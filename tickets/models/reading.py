"""What a person has read of a ticket's articles (docs/screens.md): written by POST, asked by zoom page and lists."""

from collections import defaultdict

from django.conf import settings
from django.db import models
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.article import Article

MANY = 1_000


class ReadingQuerySet(models.QuerySet):
    def read(self, ticket, person, up_to):
        """`person` has read the articles of `ticket` up to number `up_to`, as far as they see them; never taken back.

        Two statements, so that nothing is lost, whoever reports at the same time:
        1. two first reports at once: the second finds the first's row, and both go on to the update;
        2. an older page reports later: its lower number changes nothing.
        """
        seen = (
            ticket.articles.visible_to(person).filter(number__lte=up_to).aggregate(last=Max("number"))["last"]
        )
        if seen is None:
            return
        now = timezone.now()
        self.bulk_create([Reading(person=person, ticket=ticket, up_to=0, at=now)], ignore_conflicts=True)
        self.filter(person=person, ticket=ticket, after=0, up_to__lt=seen).update(up_to=seen, at=now)

    def unread_again(self, article):
        """`article` is to be seen by people who could not: for them it and what follows is unread."""
        others = Q(person__effective_role="") | ~Q(person__customer=None)
        passed = self.filter(others, ticket=article.ticket_id, up_to__gte=article.number)
        passed.filter(after__gte=article.number).delete()
        passed.update(up_to=article.number - 1)

    def move(self, source, target, numbers):
        """A merge put the articles of `source` behind those of `target` (`numbers`: old → new), both rows being held.

        Everybody has read of them what they had. Who had read all there was of the target goes on from there; for
        others its unread articles lie between, and what they know of the source is a part of its own.
        """
        known = defaultdict(list)
        for reading in self.filter(ticket=target):
            known[reading.person_id].append(reading)
        there = list(
            Article.objects.filter(ticket=target, deleted_at=None).exclude(number__in=numbers.values())
        )
        read_on = []
        for reading in self.filter(ticket=source).select_related("person"):
            person, own = reading.person, known[reading.person_id]
            came = [new for old, new in numbers.items() if reading.covers(old)]
            if not came:
                continue
            goes_on = reading.after == 0 and not any(
                article.is_news_to(person) and not any(part.covers(article.number) for part in own)
                for article in there
            )
            after = 0 if goes_on else min(came) - 1
            read_on.append(Reading(person=person, ticket=target, after=after, up_to=max(came), at=reading.at))
        self._put(read_on)
        self.filter(ticket=source).delete()

    def inherit(self, heir, past):
        """`heir` goes on where `past` had come to; where they had read further themselves, it stays."""
        own = {(part.ticket_id, part.after): part.up_to for part in self.filter(person=heir)}
        taken = [
            Reading(
                person=heir,
                ticket_id=reading.ticket_id,
                after=reading.after,
                up_to=reading.up_to,
                at=reading.at,
            )
            for reading in self.filter(person=past)
            if reading.up_to > own.get((reading.ticket_id, reading.after), 0)
        ]
        self._put(taken)
        self.filter(person=past).delete()

    def _put(self, readings):
        self.bulk_create(
            readings,
            batch_size=MANY,
            update_conflicts=True,
            unique_fields=["person", "ticket", "after"],
            update_fields=["up_to", "at"],
        )


class Reading(models.Model):
    """How far `person` has read: `up_to` is the highest article number they have seen, `at` when.

    Whoever opens an article has read what stands before it as well: nobody has to click through a hundred articles.
    What one wrote oneself is never unread. What a merge brought behind articles they have not read is a row of its own,
    which begins behind number `after`.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="readings", db_index=False
    )
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="readings")
    after = models.PositiveIntegerField(_("read from behind article"), default=0)
    up_to = models.PositiveIntegerField(_("read up to article"))
    at = models.DateTimeField(_("time"))

    objects = ReadingQuerySet.as_manager()

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        constraints = [models.UniqueConstraint(fields=["person", "ticket", "after"], name="reading_once")]

    def __str__(self):
        return f"{self.person_id}: {self.ticket_id} up to #{self.up_to}"

    def covers(self, number: int) -> bool:
        """Whether they have read the article of that number, as far as this part goes."""
        return self.after < number <= self.up_to


def is_unread_by(person) -> Q:
    """A Q on Article, of those `person` may see: somebody else wrote it and `person` has not read as far."""
    number = OuterRef("number")
    read = Reading.objects.filter(
        person=person, ticket=OuterRef("ticket"), after__lt=number, up_to__gte=number
    )
    return (Q(author=None) | ~Q(author=person)) & Q(~Exists(read))


def has_new_articles(person) -> Exists:
    """An expression on Ticket: it has an article that `person` may see and has not read."""
    articles = Article.objects.visible_to(person).filter(is_unread_by(person), ticket=OuterRef("pk"))
    return Exists(articles)
