"""What the scenarios from outside share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.black_box.behaviour import Manners
from tests.black_box.gateway import Gateway
from tests.black_box.operator_cli import Stranger
from tests.black_box.population import World

Arrive = Callable[..., tuple[Stranger, Gateway]]


@pytest.fixture
def arrive(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Arrive]:
    """A stranger and the gateway of a world; the stack is not started yet.

    With OUTSIDE_DATABASE=postgresql the stack runs on a PostgreSQL server.
    """
    with ExitStack() as stays:

        def come(
            world: World, manners: Manners | None = None, **env: str
        ) -> tuple[Stranger, Gateway]:
            gateway = stays.enter_context(world.gateway(manners))
            if os.environ.get("OUTSIDE_DATABASE") == "postgresql":
                env.setdefault("DATABASE_URL", request.getfixturevalue("postgresql_url"))
            env.setdefault("QQ_GATEWAY_URL", gateway.url)
            return stays.enter_context(Stranger(tmp_path, env=env)), gateway

        yield come
