"""The WSGI entry point that the web server serves."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qqcampaign.settings")
django.setup(set_prefix=False)

import qqcampaign.urls  # noqa: E402, F401 - before the first request waits for the pages
from foundation.admin.form_encoding import Utf8Handler  # noqa: E402 - after the set-up

application = Utf8Handler()
