from .celery import app as celery_app

__all__ = ["celery_app"]
__version__ = "1.0.0"  # of all that ships together; CHANGELOG.md says what is in it
