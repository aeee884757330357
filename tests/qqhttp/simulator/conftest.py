from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from qqhttp.simulator import GatewaySimulator

from .raw_client import log_in


@pytest.fixture
def start() -> Iterator[Callable[..., GatewaySimulator]]:
    """Return a function that starts a simulator with short penalties for this test."""
    with ExitStack() as stack:

        def _start(**settings: Any) -> GatewaySimulator:
            defaults: dict[str, Any] = {
                "accounts": 3, "friends": 12, "penalty": 0.2, "delete_penalty": 0.3,
            }  # fmt: skip
            return stack.enter_context(GatewaySimulator(**(defaults | settings)))

        yield _start


@pytest.fixture
def gateway(start: Callable[..., GatewaySimulator]) -> GatewaySimulator:
    """Return a simulator where Alice is logged in from 127.0.0.1."""
    simulator = start()
    log_in(simulator)
    return simulator
