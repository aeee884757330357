"""The fixture of the black-box tests."""

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
    """A function that returns an operator and the gateway of a population; starts no stack.

    With BLACK_BOX_DATABASE=postgresql the operator's stack uses a PostgreSQL server.
    """
    with ExitStack() as exit_stack:

        def make(
            population: Population, behaviour: Behaviour | None = None, **env: str
        ) -> tuple[Operator, Gateway]:
            gateway = exit_stack.enter_context(population.gateway(behaviour))
            if os.environ.get("BLACK_BOX_DATABASE") == "postgresql":
                env.setdefault("DATABASE_URL", request.getfixturevalue("postgresql_url"))
            env.setdefault("QQ_GATEWAY_URL", gateway.url)
            return exit_stack.enter_context(Operator(tmp_path, env=env)), gateway

        yield make
