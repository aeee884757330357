"""The simulated gateway: creates its state, faults, listener and control API and connects them."""

from collections.abc import Iterable

from qqhttp.simulator.connection import Connection, Shared
from qqhttp.simulator.control_api import ControlApi
from qqhttp.simulator.faults import Fault, FaultRules
from qqhttp.simulator.listener import Listener, OnConnection
from qqhttp.simulator.settings import Settings
from qqhttp.simulator.state import GatewayState

_RECEIVE_BUFFER = 64 * 1024  # bytes


class Server:
    """A simulated gateway on every host of its settings."""

    def __init__(self, settings: Settings, faults: Iterable[Fault] = ()) -> None:
        self.state = GatewayState(settings)
        self.listener = Listener(settings.hosts, settings.port, self._make_connection)
        rules = FaultRules(faults, self.state.random)
        self.control = ControlApi(self.state, rules, self.listener)
        received = memoryview(bytearray(_RECEIVE_BUFFER))
        self._shared = Shared(self.state, rules, self.control.answer, received)

    def _make_connection(
        self, address: str, opened: OnConnection, closed: OnConnection
    ) -> Connection:
        return Connection(self._shared, address, opened, closed)
