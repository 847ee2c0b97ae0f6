"""Settings an administrator changes: one row a model, always there."""

from django.db import models


class Singleton(models.Model):
    """A model of exactly one row; `load()` gives it, with its defaults until somebody saves it."""

    SINGLETON_ID = 1

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        self.pk = self.SINGLETON_ID
        # Two admins saving the first time at once must not collide on the insert.
        kwargs.pop("force_insert", None)
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise models.ProtectedError("A settings row is changed, not deleted.", {self})

    @classmethod
    def load(cls):
        return cls.objects.filter(pk=cls.SINGLETON_ID).first() or cls(pk=cls.SINGLETON_ID)
