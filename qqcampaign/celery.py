"""The Celery application: wake-ups and ticks only; the database owns the work (rule 1)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qqcampaign.settings")

app = Celery("qqcampaign")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
