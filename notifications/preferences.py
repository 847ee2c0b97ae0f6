"""What people want to be told through which channel (domain §5, behaviour B5)."""

from collections.abc import Collection
from itertools import batched
from typing import Self

from notifications import channels
from notifications.choices import ShowInPreferences
from notifications.models import Definition, NotificationFunction, Preference
from opsi.among import Among

CHUNK = 5_000


class Choices:
    """The choices of some people about some definitions, read in one statement for every 5,000 people."""

    def __init__(self, own: dict[tuple[int, int, str], bool], available: frozenset[str]):
        self._own = own
        self._available = available

    @classmethod
    def load(
        cls,
        people_ids: Collection[int],
        definition_ids: Collection[int],
        function: NotificationFunction | None = None,
    ) -> Self:
        """Read what `people_ids` chose about `definition_ids`; `function` spares asking which one is in use."""
        function = function or NotificationFunction.load()
        own = {
            (definition, person, channel): enabled
            for chunk in batched(people_ids, CHUNK)
            for definition, person, channel, enabled in Preference.objects.filter(
                Among.these("person", chunk), definition__in=definition_ids
            ).values_list("definition", "person", "channel", "enabled")
        }
        return cls(own, channels.available(function))

    def allows(self, definition: Definition, person_id: int, channel: str) -> bool:
        """Whether `person_id` is told of `definition` through `channel`: their own choice, else its default.

        Not shown in preferences: always. Mandatory: at least one channel that the function in use has stays on.
        """
        if channel not in definition.channels:
            return False
        match definition.show_in_preferences:
            case ShowInPreferences.NO:
                return True
            case ShowInPreferences.MANDATORY:
                return self._wants(definition, person_id, channel) or channel in self._kept_on(
                    definition, person_id
                )
        return self._wants(definition, person_id, channel)

    def _wants(self, definition, person_id, channel):
        return self._own.get((definition.pk, person_id, channel), definition.channels[channel])

    def _kept_on(self, definition, person_id):
        """What stays on all the same where a person's choices would leave a mandatory definition unheard."""
        offered = [name for name in definition.channels if name in self._available]
        if any(self._wants(definition, person_id, name) for name in offered):
            return []
        return [name for name in offered if definition.channels[name]] or offered
