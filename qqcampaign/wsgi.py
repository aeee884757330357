"""The WSGI entry point that the web server serves."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qqcampaign.settings")
django.setup(set_prefix=False)

from django.urls import get_resolver  # noqa: E402 - after the set-up

from foundation.admin.form_encoding import Utf8Handler  # noqa: E402 - after the set-up

_ = get_resolver().url_patterns  # loads the pages, for which the first request would wait
application = Utf8Handler()
