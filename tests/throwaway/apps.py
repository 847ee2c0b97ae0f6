from django.apps import AppConfig


class ThrowawayConfig(AppConfig):
    name = "tests.throwaway"

    def ready(self):
        from tests.throwaway import former_owners, pager, praise  # noqa: F401  (each registers itself)
