"""Talking on a ticket: notes, replies, a customer's follow-ups, and what becomes of articles later."""

import logging
import uuid
from functools import partial

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.translation import gettext as _

from tickets import rich_text
from tickets.choices import Channel, FollowUp, SenderType, State
from tickets.models.article import Article, ArticleVersion, Attachment, attachment_path
from tickets.models.history import record
from tickets.models.reading import Reading
from tickets.operations import now, on_failure, operation

logger = logging.getLogger(__name__)


class FollowUpRefused(Exception):
    """The queue takes no follow-ups to complete tickets."""


def _informed(article, people):
    """Keep with `article` whom it is to inform; what the event has of it, nothing where it is nobody."""
    if not (ids := [person.pk for person in people]):
        return {}
    article.informed = [*article.informed, *(pk for pk in ids if pk not in article.informed)]
    article.save(update_fields=["informed"])
    return {"informed": ids}


class Conversing:
    def note(self, body, by, subject="", visible_for_customer=False, attachments=(), informed=(), html=""):
        """An internal note, unless `visible_for_customer`. `informed`: people to tell whatever else is defined.

        `attachments` are clean uploads (see tickets.uploads). `html` is the text with its looks, cleaned here; where it
        comes alone (`body` is ""), the text is made from it. Returns the Article.
        """
        return self._say(
            body, by, Channel.NOTE, subject=subject, visible=visible_for_customer, attachments=attachments,
            informed=informed, html=html,
        )  # fmt: skip

    def reply(self, body, by, subject="", to="", cc="", attachments=(), informed=(), html=""):
        """An answer the customer sees; `html` as with `note`. Returns the Article."""
        return self._say(
            body, by, Channel.EMAIL, subject=subject, visible=True, attachments=attachments, to=to, cc=cc,
            informed=informed, html=html,
        )  # fmt: skip

    def follow_up(self, body, by, subject="", attachments=(), html=""):
        """What a customer user or requester adds; on a complete ticket as the queue says (domain §1).

        `html` as with `note`. Returns the Article, which stands on a new, linked ticket where the queue opens one.
        Raises FollowUpRefused.
        """
        with operation(by):
            self.lock_row()
            self._refuse_when_merged()
            if self.is_complete:
                match self.queue.follow_up:
                    case FollowUp.REJECT:
                        raise FollowUpRefused(
                            _("This ticket is complete and takes no more follow-ups: please open a new one.")
                        )
                    case FollowUp.LINK:
                        return self._continue_elsewhere(body, by, attachments, html)
                    case _:
                        self.change_state(State.OPEN, by)
            return self._say(
                body, by, Channel.WEB, subject=subject, visible=True, attachments=attachments, html=html
            )

    def _continue_elsewhere(self, body, by, attachments, html):
        successor = type(self).objects.register(
            by=by,
            title=self.title,
            body=body,
            queue=self.queue,
            type=self.type,
            priority=self.priority,
            customer=self.customer,
            customer_user=self.customer_user,
            service=self.service,
            attachments=attachments,
            html=html,
        )
        self.links.create(target=successor, kind="follow_up")
        return successor.articles.get(number=1)

    def _say(self, body, by, channel, *, informed=(), **article):
        with operation(by) as under_way:
            self.lock_row()
            self._refuse_when_merged()
            added = self.add_article(body, by, channel, **article)
            self._touch()
            self._heed(added.visible_for_customer)
            record(self, "ArticleCreate", under_way, article=added, **_informed(added, informed))
            return added

    def _refuse_when_merged(self):
        # Nobody would look for it here: the articles are where the ticket goes on.
        if self.merged_into_id is not None:
            problem = _(
                "This ticket was merged into another one and goes on there: please write on that one."
            )
            raise ValidationError({"body": problem})

    def add_article(
        self, body, by, channel, *, subject="", visible=False, attachments=(), to="", cc="", html=""
    ):
        """Store an article without an event of its own: for verbs that write theirs. Returns the Article."""
        html = rich_text.taken_in(html) if html else ""
        if html and not body.strip():
            body = rich_text.as_text(html) or _("(an image)")
        if not body.strip():
            raise ValidationError({"body": _("Write something first.")})
        last = self.articles.aggregate(last=Max("number"))["last"] or 0
        article = Article.objects.create(
            ticket=self,
            number=last + 1,
            sender_type=self._sender_type(by),
            channel=channel,
            author=by,
            from_address=f"{by.full_name} <{by.email}>"[:320] if by else "",
            to=to,
            cc=cc,
            subject=(subject or self.title)[:250],
            body=body,
            html=html,
            visible_for_customer=visible,
            created_at=now(),
        )
        for upload in attachments:
            self._attach(article, upload)
        return article

    def _attach(self, article, upload):
        attachment = Attachment(
            article=article,
            key=uuid.uuid4(),
            name=upload.name,
            content_type=upload.content_type,
            size=upload.size,
        )
        # Before it is written: on a full disk half of it is left.
        on_failure(partial(attachment.file.storage.delete, attachment_path(attachment, upload.name)))
        try:
            attachment.file.save(upload.name, upload, save=False)
        except OSError as error:
            logger.exception("An attachment could not be kept: is there room in the folder media?")
            problem = _(
                "There is no room for “%(name)s” right now, and nothing was sent. Send it without files, or tell "
                "whoever runs this system that files cannot be kept."
            )
            raise ValidationError({"attachments": problem % {"name": upload.name}}) from error
        attachment.save()

    def _heed(self, changes_what_customers_see):
        """Set the clocks anew where what is said moves them."""
        if changes_what_customers_see and self.sla_id:
            self.set_clocks()

    def _sender_type(self, by):
        if by is None or by.is_system:
            return SenderType.SYSTEM
        return SenderType.AGENT if by.is_agent else SenderType.CUSTOMER

    def edit_article(
        self, article, by, *, body=None, subject=None, visible_for_customer=None, html=None, informed=()
    ):
        """Change an article, keeping how it stood. Returns the TicketEvent, None where nothing changes.

        `informed`: people to tell of the article as it is now, whatever else is defined.

        A new `body` without `html` ends the formatted text, which would go on saying the old one; the earlier version
        keeps it. A new `html` without `body` brings its own text.
        """
        if html:
            html = rich_text.taken_in(html)
            body = body or rich_text.as_text(html) or None
        with operation(by) as under_way:
            self.lock_row()
            article.refresh_from_db()
            given = {
                "body": body,
                "subject": subject,
                "visible_for_customer": visible_for_customer,
                "html": html,
            }
            changes = {
                name: value
                for name, value in given.items()
                if value is not None and value != getattr(article, name)
            }
            if not changes:
                return None
            if html is None and changes.get("body", article.body).split() != article.body.split():
                changes["html"] = ""
            if not changes.get("body", article.body).strip():
                raise ValidationError({"body": _("Write something first.")})
            old = {"visible_for_customer": article.visible_for_customer}
            ArticleVersion.objects.create(
                article=article,
                subject=article.subject,
                body=article.body,
                html=article.html,
                visible_for_customer=article.visible_for_customer,
                replaced_by=by,
                replaced_at=now(),
            )
            for name, value in changes.items():
                setattr(article, name, value)
            article.edited_at = now()
            article.save()
            self._touch()
            self._heed("visible_for_customer" in changes)
            if changes.get("visible_for_customer"):
                Reading.objects.unread_again(article)
            new = {"visible_for_customer": article.visible_for_customer}
            named = _informed(article, informed)
            return record(self, "ArticleUpdate", under_way, article=article, old=old, new=new, **named)

    def delete_article(self, article, by):
        """Hide an article from everyone. Returns the TicketEvent, None where it was hidden already."""
        with operation(by) as under_way:
            self.lock_row()
            article.refresh_from_db()
            if article.deleted_at is not None:
                return None
            article.deleted_at = now()
            article.save(update_fields=["deleted_at"])
            self._touch()
            self._heed(article.visible_for_customer)
            return record(self, "ArticleDelete", under_way, article=article)
