"""Runs the console's web server as the stack does, and signs in over HTTP."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import requests

from qqcampaign.stack.process_specs import web_spec
from tests.migrated_database import kept_file

NAME, PASSWORD = "op", "correct horse battery staple"


@contextlib.contextmanager
def web_process(home: Path, **settings: str) -> Iterator[tuple[str, int]]:
    """Put a database with one operator into the folder, run the server; yield address and pid."""
    environment = environment_of(home, **settings)
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_database_with_operator(), home / "db.sqlite3")
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


@functools.cache
def _database_with_operator() -> Path:
    """Make the database once for all tests of this process; return its file."""
    home = Path(tempfile.mkdtemp(prefix="qqweb-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    environment = environment_of(home)
    if kept_file().exists():
        shutil.copyfile(kept_file(), home / "db.sqlite3")
    else:
        manage(environment, "migrate", "-v0", "--skip-checks")
    arguments = ("--noinput", "--username", NAME, "--email", "", "--skip-checks")
    manage(environment, "createsuperuser", *arguments)
    return home / "db.sqlite3"


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
