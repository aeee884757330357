"""The Django project: settings from the environment, the Celery app, the console's front page."""

from qqcampaign.celery import app as celery_app

__all__ = ["celery_app"]
