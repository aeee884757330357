"""Runs the console's web server as the stack does, and signs in over HTTP."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import requests

from qqcampaign.stack.process_specs import web_spec

NAME, PASSWORD = "op", "correct horse battery staple"


@contextlib.contextmanager
def web_process(home: Path, **settings: str) -> Iterator[tuple[str, int]]:
    """Make a database with one operator in the folder, run the server; yield address and pid."""
    environment = environment_of(home, **settings)
    manage(environment, "migrate", "-v0", "--skip-checks")
    arguments = ("--noinput", "--username", NAME, "--email", "", "--skip-checks")
    manage(environment, "createsuperuser", *arguments)
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        process = subprocess.Popen(
            web_spec(listener=listener.fileno()).argv,
            env=environment,
            pass_fds=[listener.fileno()],
        )
        try:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            requests.get(f"{address}/login/", timeout=60)
            yield address, process.pid
        finally:
            process.terminate()
            process.wait()


def environment_of(home: Path, **settings: str) -> dict[str, str]:
    """Return the variables of a console whose data is in the folder."""
    return {
        **os.environ,
        "QQCAMPAIGN_HOME": str(home),
        "DATABASE_URL": f"sqlite:///{home}/db.sqlite3",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "DJANGO_SETTINGS_MODULE": "qqcampaign.settings",
        **settings,
    }


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run a command on the console's database; return what it prints."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def signed_in(address: str) -> requests.Session:
    """Return a browser in which the operator is signed in."""
    operator = requests.Session()
    login = f"{address}/login/"
    operator.get(login, timeout=60)
    token = str(operator.cookies["qqcampaign_csrf"])
    form = {"username": NAME, "password": PASSWORD, "csrfmiddlewaretoken": token}
    answer = operator.post(login, form, timeout=60, allow_redirects=False)
    assert answer.status_code == 302, answer.status_code
    return operator
