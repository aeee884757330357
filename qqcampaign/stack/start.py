"""Starts the stack step by step. A step that fails gives a sentence for the operator."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from qqcampaign.stack import (
    database,
    first_operator,
    home,
    process_specs,
    readiness,
    redis_server,
)
from qqcampaign.stack.supervisor import StopRequested, Supervisor

#: Maximum seconds for a step of the start, also on a slow machine.
STEP_SECONDS = 60.0
#: Seconds to wait for the port after a `kill -9` of the previous stack.
PORT_SECONDS = 2.0


@dataclass(frozen=True)
class StackOptions:
    """The options of `manage.py up`.

    Args:
        host: the address that the console listens on.
        port: the port; 0 selects a free one.
        concurrency: maximum number of lanes at the same time.
        is_demo: whether to start the gateway simulator and create the demo data.
    """

    host: str
    port: int
    concurrency: int
    is_demo: bool


def run_stack(options: StackOptions, *, say: Callable[[str], None]) -> None:
    """Start the stack, print its address, supervise it until Ctrl-C, and stop it.

    Raises:
        Refusal: the stack could not start or continue. All of its processes have ended.
    """
    folder: Path = settings.QQCAMPAIGN_HOME
    home.refuse_unusable(folder)
    home.make_private(folder)
    try:
        with home.locked(folder), _listening(options.host, options.port) as listener:
            supervisor = Supervisor(home=folder, say=say)
            with supervisor.handling_signals():
                _run(options, supervisor, listener, say=say)
    except OSError as problem:
        if home.is_home_problem(folder, problem):
            raise home.unusable(folder, problem) from problem
        raise _system_refusal(problem) from problem


def _run(
    options: StackOptions,
    supervisor: Supervisor,
    listener: socket.socket,
    *,
    say: Callable[[str], None],
) -> None:
    try:
        login = _start_processes(options, supervisor, listener)
        say(_welcome(url_of(options.host, listener), login, supervisor.logs))
        if options.is_demo:
            _fill_demo(supervisor, say=say)
        supervisor.watch()
    except StopRequested:
        say(_("Stopping ..."))
    finally:
        # A second Ctrl-C makes this kill the processes instead of waiting for them.
        supervisor.stop()
    say(_("Everything has stopped."))


def _start_processes(options: StackOptions, supervisor: Supervisor, listener: socket.socket) -> str:
    folder: Path = settings.QQCAMPAIGN_HOME
    egress: str = settings.EGRESS_NAME
    environment: dict[str, str] = {}
    if settings.IS_REDIS_EMBEDDED:
        supervisor.start(
            redis_server.redis_spec(socket=settings.EMBEDDED_REDIS_SOCKET, data=folder / "redis")
        )
    else:
        redis_server.refuse_unreachable(settings.REDIS_URL)
    if options.is_demo:
        environment["QQ_GATEWAY_URL"] = _start_simulator(supervisor, folder)
    login = _prepare_database(folder)

    supervisor.start(
        process_specs.worker_spec(
            egress=egress, concurrency=options.concurrency, environment=environment
        )
    )
    supervisor.start(process_specs.jobs_spec(egress=egress, environment=environment))
    supervisor.start(process_specs.web_spec(listener=listener.fileno(), environment=environment))
    supervisor.start(process_specs.beat_spec(home=folder, environment=environment))
    url = url_of(options.host, listener)
    supervisor.facts["url"] = url
    supervisor.facts["gateway"] = environment.get("QQ_GATEWAY_URL", settings.QQ_GATEWAY_URL)
    _wait_until_ready(supervisor, url=url, egress=egress)
    supervisor.write_state_file()
    return login


def _start_simulator(supervisor: Supervisor, folder: Path) -> str:
    # A fixed port, so that a restarted simulator has the same address.
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    supervisor.start(process_specs.simulator_spec(home=folder, port=port))
    return f"http://127.0.0.1:{port}/"


def _prepare_database(folder: Path) -> str:
    database.use_without_pool()
    database.refuse_unreachable()
    database.migrate()
    login = first_operator.first_login(folder)
    database.close_connections()
    return login


def _wait_until_ready(supervisor: Supervisor, *, url: str, egress: str) -> None:
    nodes = [process_specs.node_name("worker", egress), process_specs.node_name("jobs", egress)]
    supervisor.wait_until(
        lambda: redis_server.answers(settings.REDIS_URL), what=_("Redis"), seconds=STEP_SECONDS
    )
    supervisor.wait_until(
        lambda: readiness.web_answers(url), what=_("The console"), seconds=STEP_SECONDS
    )
    supervisor.wait_until(
        lambda: readiness.workers_answer(nodes), what=_("The workers"), seconds=STEP_SECONDS
    )


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Open the console's socket. It stays open while the web process restarts.

    Raises:
        Refusal: the port is in use, or listening on it is not allowed.
    """
    deadline = time.monotonic() + PORT_SECONDS
    while True:
        try:
            listener = socket.create_server((host, port), backlog=512)
            break
        except (OSError, OverflowError) as problem:
            number = getattr(problem, "errno", None)
            if number == errno.EADDRINUSE and time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            raise _port_refusal(host, port, problem) from None
    with listener:
        yield listener


def _port_refusal(host: str, port: int, problem: Exception) -> Refusal:
    if getattr(problem, "errno", None) == errno.EADDRINUSE:
        return Refusal(
            _(
                "Port %(port)d is in use by another program. Stop that program, or choose "
                "another port: `make run PORT=8080` or `manage.py up --port 8080`."
            )
            % {"port": port},
            code="port_in_use",
        )
    return Refusal(
        _(
            "The console cannot listen on %(host)s port %(port)d (%(problem)s). Choose another "
            "address or port with --host and --port; ports below 1024 need special rights."
        )
        % {
            "host": host,
            "port": port,
            "problem": os.strerror(problem.errno)
            if isinstance(problem, OSError) and problem.errno
            else str(problem),
        },
        code="cannot_listen",
    )


def _system_refusal(problem: OSError) -> Refusal:
    """Return the refusal for an error of the operating system, with advice."""
    advice = {
        errno.EMFILE: _("Allow this user more open files (ulimit -n)."),
        errno.ENFILE: _(
            "This machine has too many open files: stop programs that you do not need."
        ),
        errno.EAGAIN: _("Allow this user more processes (ulimit -u), or stop some."),
        errno.ENOMEM: _("Free some memory: stop programs that you do not need."),
    }.get(problem.errno or 0, _("See the logs for details."))
    return Refusal(
        _("The stack cannot continue because of a system error: %(problem)s. %(advice)s")
        % {
            "problem": " ".join(
                str(word) for word in (problem.strerror or problem, problem.filename) if word
            ),
            "advice": advice,
        },
        code="system_refused",
    )


def url_of(host: str, listener: socket.socket) -> str:
    """Return the URL of the console for a browser on this machine."""
    name = "127.0.0.1" if host in {"0.0.0.0", "", "::"} else host  # noqa: S104
    return f"http://{name}:{listener.getsockname()[1]}/"


def _welcome(url: str, login: str, logs: Path) -> str:
    return _(
        "\n  qqcampaign is up:  %(url)s\n  log in as:         %(login)s\n"
        "  logs:              %(logs)s\n\n  Ctrl-C stops everything; the data is kept.\n"
    ) % {"url": url, "login": login, "logs": logs}


def _fill_demo(supervisor: Supervisor, *, say: Callable[[str], None]) -> None:
    folder: Path = settings.QQCAMPAIGN_HOME
    if not supervisor.run_once(
        process_specs.demo_spec(home=folder, environment={}), seconds=STEP_SECONDS
    ):
        say(
            _("The demo data could not be created. See %s for the reason.")
            % (supervisor.logs / "demo.log")
        )
