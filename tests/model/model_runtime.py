"""The engine's runtime with the model's client, and the host that it runs on."""

from __future__ import annotations

from typing import Any

from clocks import local, shared
from sending.worker.runtime import Runtime
from tests.model.client import ModelClient, Network
from tests.model.database import Database
from tests.model.scheduler import Process


class ModelRuntime(Runtime):
    """The engine's runtime, whose clients talk to the model's gateway.

    The engine reads some rows twice a second to see whether they changed. The model knows whether
    the database changed, and leaves those reads out when it did not.

    Args:
        network: leads to the model's gateway.
        database: the history's.
    """

    def __init__(self, network: Network, database: Database) -> None:
        self._network, self._database = network, database
        self._lanes_updated: object = None
        self._policies_read: object = None
        super().__init__(version="model")
        self.context.new_client = self._new_client  # type: ignore[method-assign]

    def _new_client(self) -> Any:
        """Return a client of the model's gateway."""
        return ModelClient(self._network)

    def _update_lanes(self) -> None:
        database, lanes = self._database, frozenset(map(id, self.lanes.values()))
        state = (database.version, lanes)
        if self._lanes_updated == state and database.is_faultless:
            self.context._runs_read_at = local.elapsed()
            return
        super()._update_lanes()
        self._lanes_updated = state

    def _publish_figures(self) -> None:
        """Publish nothing: figures are counted by process, and all hosts of a history share one."""

    def _read_egress(self) -> None:
        if self._policies_read != (state := self._database.version):
            super()._read_egress()
            self._policies_read = state


class Host(Process):
    """A process with a shared clock of its own, and a runtime if it is a worker."""

    def __init__(self, name: str, *, shift: float = 0.0) -> None:
        super().__init__(name, shift=shift)
        self.clock = shared.Clock()
        self.runtime: ModelRuntime | None = None
