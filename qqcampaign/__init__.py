"""The Django project: settings, the Celery app, the console and the stack of processes."""

from qqcampaign.celery import app as celery_app

__all__ = ["celery_app"]
