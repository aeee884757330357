"""The baseline's Celery application, with the project's own Celery settings."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qqcampaign.settings")

app = Celery("baseline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {}
app.conf.worker_prefetch_multiplier = 4  # Celery's own default, better for tasks this short
app.autodiscover_tasks(["benchmarks.baseline_task"])
