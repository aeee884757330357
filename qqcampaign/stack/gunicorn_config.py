"""gunicorn's configuration in the stack (`gunicorn -c python:qqcampaign.stack.gunicorn_config`)."""

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
# Its control socket would be made in the user's home folder, one for all stacks.
control_socket_disable = True


def post_fork(_server: Any, _worker: Any) -> None:
    """The worker that serves must not outlive the master, not even while it is stopped."""
    die_with_parent()
