"""Three ways to run a simulator: in the foreground, in a thread, in a separate process."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from qqhttp.simulator.arguments import command_line, faults_from, settings_from, write_files
from qqhttp.simulator.control_client import SimulatorControl
from qqhttp.simulator.faults import parse_fault
from qqhttp.simulator.server import Server
from qqhttp.simulator.settings import Settings, SimulatorError

_STOP_TIMEOUT = 10.0  # seconds


def run_in_foreground(options: dict[str, Any], announce: Callable[[str], object]) -> None:
    """Run a simulator until SIGTERM or SIGINT.

    Args:
        options: the parsed command line.
        announce: called with one line of JSON (url, port) when the simulator listens.

    Raises:
        SimulatorError: the options are wrong, or the simulator cannot listen.
    """
    settings = settings_from(options)
    server = Server(settings, faults_from(options))
    write_files(options, settings, server.state.accounts)
    asyncio.run(_serve(server, announce, is_child=options["until_stdin_closes"]))


async def _serve(server: Server, announce: Callable[[str], object], *, is_child: bool) -> None:
    listener = server.listener
    listener.start()
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if is_child:
        # Standard input ends when the parent process does, even if it is killed.
        loop.add_reader(sys.stdin.fileno(), ended.set)
    announce(json.dumps({"url": listener.url, "port": listener.port}))
    await ended.wait()
    await listener.close()


class GatewaySimulator:
    """A simulator in a thread of this process, with its own event loop; a context manager.

    Do not use it in a process patched by gevent: use `SimulatorProcess` there.

    Args:
        faults: the faults, written as on the command line.
        settings: those of `Settings`.
    """

    def __init__(self, *, faults: tuple[str, ...] = (), **settings: Any) -> None:
        self.settings = Settings(**settings)
        self._faults = [parse_fault(spec) for spec in faults]
        self._is_ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="gateway-simulator", daemon=True)
        self.control = SimulatorControl(ask=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_ready.wait()
        if self._error is not None:
            self._thread.join()
            raise self._error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The URL for clients, for example http://127.0.0.1:40123."""
        return self._server.listener.url

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.listener.port

    def stop(self) -> None:
        """Reset all connections and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(_STOP_TIMEOUT)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self._error = error
        finally:
            self._is_ready.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._server = Server(self.settings, self._faults)
        self._server.listener.start()
        self._is_ready.set()
        await self._ended.wait()
        await self._server.listener.close()

    def _ask(self, method: str, route: str, given: dict[str, Any]) -> Any:
        async def on_the_loop() -> Any:
            return self._server.control.call(method, route, given)

        return asyncio.run_coroutine_threadsafe(on_the_loop(), self._loop).result(_STOP_TIMEOUT)


class SimulatorProcess:
    """A simulator in a separate process; a context manager with `GatewaySimulator`'s arguments.

    Use it in benchmarks and where threads are patched. The process ends with its parent, even if
    the parent is killed.
    """

    def __init__(self, *, faults: tuple[str, ...] = (), **settings: Any) -> None:
        self.settings = Settings(**settings)
        self._faults = faults
        self.url = ""
        self.port = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "qqhttp.simulator", "--until-stdin-closes",
             *command_line(self.settings, self._faults)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            message = self._process.stderr.read().strip()
            self.stop()
            raise SimulatorError(message or "The simulator ended before it listened.")
        ready = json.loads(line)
        self.url, self.port = ready["url"], ready["port"]
        self.control = SimulatorControl(self.url)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process ID, for example to read its CPU time."""
        return self._process.pid

    def stop(self) -> None:
        """End the process and wait for it."""
        if hasattr(self, "control"):
            self.control.close()
        self._process.terminate()
        try:
            self._process.communicate(timeout=_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
