"""The Django project: settings from the environment, the Celery app, the console's front page."""

from qqcampaign.celery import app as celery_app

__version__ = "0.1.0"
__all__ = ["__version__", "celery_app"]
