"""Writes an AuditEntry for each change of what administrators set, whoever makes it: admin, other pages, shell.

Here, other than for what happens on tickets, receivers are right: nothing follows from an entry, and old → new of the
columns is all it says. The entry is written in the transaction of the change, so a save that fails leaves none. What is
changed by `QuerySet.update` is not seen: for that there is `update` below. What the engine counts and notes
is excluded by name.
"""

import datetime
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save

from opsi.audit_entry import Act, AuditEntry
from opsi.secrets import EncryptedField

SECRET_WORDS = ("secret", "password", "token")
_actor: ContextVar[Callable[[], Any] | None] = ContextVar("opsi.auditing.actor", default=None)


@dataclass(frozen=True)
class Audited:
    """`of`: the foreign key to what the row is a part of. `by_people`: what nobody signed in did is not written."""

    model: type[models.Model]
    fields: tuple[models.Field, ...]
    many: tuple[models.ManyToManyField, ...]
    of: str
    by_people: bool


audited: dict[type[models.Model], Audited] = {}


def audit(
    model: type[models.Model],
    *,
    only: Iterable[str] = (),
    exclude: Iterable[str] = (),
    of: str = "",
    by_people: bool = False,
) -> None:
    """Audit every column of `model`, or `only` some, or all but what to `exclude`."""
    wanted, unwanted = set(only), {of, *exclude}
    # Of all fields: the many-to-many ones too.
    names = [
        field
        for field in (*model._meta.concrete_fields, *model._meta.local_many_to_many)
        if not field.primary_key and field.name not in unwanted and (not wanted or field.name in wanted)
    ]
    many = tuple(field for field in names if isinstance(field, models.ManyToManyField))
    plain = tuple(field for field in names if not isinstance(field, models.ManyToManyField))
    audited[model] = Audited(model, plain, many, of, by_people)
    uid = f"opsi.auditing.{model._meta.label}"
    pre_save.connect(_before, sender=model, dispatch_uid=uid)
    post_save.connect(_saved, sender=model, dispatch_uid=uid)
    pre_delete.connect(_going, sender=model, dispatch_uid=uid)
    post_delete.connect(_deleted, sender=model, dispatch_uid=uid)
    for field in many:
        m2m_changed.connect(_linked, sender=field.remote_field.through, dispatch_uid=f"{uid}.{field.name}")


@contextmanager
def acting(who: Callable[[], Any]) -> Iterator[None]:
    """What changes inside is by the person that `who` gives, asked for only when there is something to write."""
    token = _actor.set(who)
    try:
        yield
    finally:
        _actor.reset(token)


@transaction.atomic
def update(queryset: models.QuerySet, **values: Any) -> int:
    """As `queryset.update(**values)`, with an entry for each row that it changes."""
    rows = list(queryset.select_for_update(of=("self",)).order_by("pk"))
    changed = queryset.model._base_manager.filter(pk__in=[row.pk for row in rows]).update(**values)
    kind = audited[queryset.model]
    fields = [field for field in kind.fields if field.name in values]
    for row in rows:
        old = {field.name: _said(field, row) for field in fields}
        for name, value in values.items():
            setattr(row, name, value)
        _write(kind, row, Act.CHANGED, _changes(fields, old, row))
    return changed


def is_secret(field: models.Field) -> bool:
    return isinstance(field, EncryptedField) or any(word in field.name for word in SECRET_WORDS)


def _before(sender, instance, raw, using, update_fields, **kwargs):
    instance._audited_before = None
    if raw or instance.pk is None or not _written(audited[sender], update_fields):
        return
    instance._audited_before = sender._base_manager.using(using).filter(pk=instance.pk).first()


def _saved(sender, instance, raw, created, update_fields, **kwargs):
    before = instance.__dict__.pop("_audited_before", None)
    kind = audited[sender]
    fields = _written(kind, update_fields)
    if raw or not fields:
        return
    if created or before is None:
        if created:
            _write(kind, instance, Act.ADDED, _changes(fields, {}, instance))
        return
    differing = [field for field in fields if _differs(field, before, instance)]
    if differing:
        old = {field.name: _said(field, before) for field in differing}
        _write(kind, instance, Act.CHANGED, _changes(differing, old, instance))


def _going(sender, instance, **kwargs):
    """Notes what the row says while all that it names is still there: it may go with one of them."""
    kind = audited[sender]
    instance.__dict__["_audited_going"] = str(instance), _all_said(kind, instance)


def _deleted(sender, instance, **kwargs):
    kind = audited[sender]
    named, said = instance.__dict__.pop("_audited_going")
    _write(kind, instance, Act.DELETED, [[name, old, None] for name, old in said], named)


def _linked(sender, instance, action, reverse, pk_set, **kwargs):
    """People put into a group are changed, not the group: the entry is of the row that has the field."""
    for kind, field in [(one, field) for one in audited.values() for field in one.many]:
        if field.remote_field.through is not sender:
            continue
        moment, _underscore, _what = action.partition("_")
        noted = instance.__dict__.setdefault("_audited_links", {})
        if moment == "pre":
            noted[field.name] = [
                (row, _names(row, field)) for row in _owners(field, instance, reverse, pk_set)
            ]
            continue
        for row, before in noted.pop(field.name, []):
            after = _names(row, field)
            if before != after:
                _write(kind, row, Act.CHANGED, [[field.name, before, after]])


def _owners(field, instance, reverse, pk_set):
    if not reverse:
        return [instance]
    owners = field.model._base_manager.order_by("pk")
    if pk_set is None:
        return list(owners.filter(**{field.name: instance}))
    return list(owners.filter(pk__in=pk_set))


def _names(row, field):
    return sorted(
        str(one) for one in field.related_model._base_manager.filter(pk__in=_linked_ids(row, field))
    )


def _linked_ids(row, field):
    through = field.remote_field.through._base_manager
    return through.filter(**{field.m2m_field_name(): row.pk}).values(field.m2m_reverse_field_name())


def _written(kind, update_fields):
    if update_fields is None:
        return kind.fields
    return tuple(field for field in kind.fields if {field.name, field.attname} & set(update_fields))


def _differs(field, before, after):
    return field.get_prep_value(getattr(before, field.attname)) != field.get_prep_value(
        getattr(after, field.attname)
    )


def _changes(fields, old, row):
    """[[field, old, new]] of what differs; a new row says what it has."""
    new = {field.name: _said(field, row) for field in fields}
    secrets = {field.name for field in fields if is_secret(field)}
    return [
        [name, None, None] if name in secrets else [name, old.get(name), value]
        for name, value in new.items()
        if value != old.get(name) or (name in secrets and old)
    ]


def _all_said(kind, row):
    return [
        (field.name, said)
        for field in kind.fields
        if not is_secret(field) and (said := _said(field, row)) is not None
    ]


def _said(field, row):
    """The value as an entry keeps it; of a secret only that there is one."""
    value = getattr(row, field.attname)
    if is_secret(field):
        return bool(value) or None
    if field.is_relation:
        related = field.related_model._base_manager.filter(pk=value).first() if value is not None else None
        return None if related is None else str(related)
    match value:
        case "" | [] | {}:
            return None
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case uuid.UUID() | datetime.timedelta():
            return str(value)
        case str():
            return str(value)  # a choice says its code
    return value


def _write(kind, row, act, changes, named=""):
    who = _who()
    if (who is None and kind.by_people) or (act == Act.CHANGED and not changes):
        return
    whole = getattr(row, kind.of) if kind.of else row
    AuditEntry.objects.create(
        actor=who,
        actor_name=f"{who} ({who.username})"[:260] if who else "",
        act=act,
        kind=whole._meta.label_lower,
        object_id=str(whole.pk),
        object_name=str(whole)[:250],
        row=row._meta.label_lower,
        row_name=(named or str(row))[:250] if kind.of else "",
        changes=changes,
    )


def _who():
    asked = _actor.get()
    person = asked() if asked else None
    return person if person is not None and person.is_authenticated else None
