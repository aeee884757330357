"""Configuration of gunicorn (`gunicorn -c python:qqcampaign.stack.gunicorn_config`)."""

from __future__ import annotations

from typing import Any

from qqcampaign.stack.launcher import die_with_parent

wsgi_app = "qqcampaign.wsgi:application"
worker_class = "gthread"
workers = 1
threads = 8
timeout = 60
graceful_timeout = 3
accesslog = None
errorlog = "-"
# The control socket would be in the user's home folder, shared by all stacks.
control_socket_disable = True


def post_fork(_server: Any, _worker: Any) -> None:
    """Kill the web worker when its master dies, even if the worker is stopped by SIGSTOP."""
    die_with_parent()
