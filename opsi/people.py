"""Keeps `User.effective_role` true whenever a group's role or its members change."""

from django.db.models.signals import m2m_changed, post_save, pre_delete
from django.dispatch import receiver

from opsi.models import Group, User


def refresh_roles(people):
    for person in people.prefetch_related("groups"):
        role = person.strongest_role()
        if role != person.effective_role:
            User.objects.filter(pk=person.pk).update(effective_role=role)


@receiver(m2m_changed, sender=User.groups.through)
def membership_changed(sender, instance, action, reverse, pk_set, **kwargs):
    if action == "pre_clear" and reverse:
        # After the clear nobody could say who was a member.
        instance._members_before_clear = list(instance.members.values_list("pk", flat=True))
    if action not in {"post_add", "post_remove", "post_clear"}:
        return
    if not reverse:
        refresh_roles(User.objects.filter(pk=instance.pk))
        instance.effective_role = instance.strongest_role()
    else:
        touched = pk_set if pk_set is not None else instance.__dict__.pop("_members_before_clear", [])
        refresh_roles(User.objects.filter(pk__in=touched))


@receiver(post_save, sender=Group)
def role_changed(sender, instance, created, **kwargs):
    if not created:
        refresh_roles(instance.members.all())


@receiver(pre_delete, sender=Group)
def group_goes(sender, instance, **kwargs):
    instance.members.clear()
