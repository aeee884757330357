"""A simulated gateway that speaks the QQ HTTP protocol. See docs/simulator.md.

    with GatewaySimulator(accounts=2, friends=10, min_interval=0.1, penalty=0.5) as gateway:
        ...  # talk to gateway.url
        assert gateway.control.figures().arrived == 20

It shares no code with the client's codec: two readings of one reference check each other.
"""

from qqhttp.simulator.arrivals import Arrival, text_digest
from qqhttp.simulator.remote import Check, Figures, SimulatorControl
from qqhttp.simulator.running import GatewaySimulator, SimulatorProcess
from qqhttp.simulator.settings import Settings, SimulatorError
from qqhttp.simulator.world import TooSoon

__all__ = [
    "Arrival",
    "Check",
    "Figures",
    "GatewaySimulator",
    "Settings",
    "SimulatorControl",
    "SimulatorError",
    "SimulatorProcess",
    "TooSoon",
    "text_digest",
]
