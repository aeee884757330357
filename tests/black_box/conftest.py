"""What the scenarios from outside share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.black_box.behaviour import Behaviour
from tests.black_box.gateway import Gateway
from tests.black_box.operator_cli import Operator
from tests.black_box.population import Population

MakeOperator = Callable[..., tuple[Operator, Gateway]]


@pytest.fixture
def make_operator(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeOperator]:
    """A stranger and the gateway of a world; the stack is not started yet.

    With OUTSIDE_DATABASE=postgresql the stack runs on a PostgreSQL server.
    """
    with ExitStack() as exit_stack:

        def make(
            population: Population, behaviour: Behaviour | None = None, **env: str
        ) -> tuple[Operator, Gateway]:
            gateway = exit_stack.enter_context(population.gateway(behaviour))
            if os.environ.get("OUTSIDE_DATABASE") == "postgresql":
                env.setdefault("DATABASE_URL", request.getfixturevalue("postgresql_url"))
            env.setdefault("QQ_GATEWAY_URL", gateway.url)
            return exit_stack.enter_context(Operator(tmp_path, env=env)), gateway

        yield make
