"""A simulated gateway that speaks the QQ HTTP protocol. See docs/simulator.md.

    with GatewaySimulator(accounts=2, friends=10, min_interval=0.1, penalty=0.5) as gateway:
        ...  # talk to gateway.url
        assert gateway.control.figures().arrived == 20

It shares no code with the client: both implement the reference independently, so that tests of one
against the other find a misreading in either.
"""

from qqhttp.simulator.control_client import Check, Figures, SimulatorControl
from qqhttp.simulator.message_log import DeliveredMessage, text_digest
from qqhttp.simulator.runners import GatewaySimulator, SimulatorProcess
from qqhttp.simulator.settings import Settings, SimulatorError
from qqhttp.simulator.state import TooSoon

__all__ = [
    "Check",
    "DeliveredMessage",
    "Figures",
    "GatewaySimulator",
    "Settings",
    "SimulatorControl",
    "SimulatorError",
    "SimulatorProcess",
    "TooSoon",
    "text_digest",
]
