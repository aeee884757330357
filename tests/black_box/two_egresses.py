"""Two stacks on one database and one Redis, each with an egress and a source address of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.black_box.conftest import MakeOperator
from tests.black_box.gateway import Gateway
from tests.black_box.operator_cli import Operator
from tests.black_box.population import Population

NORTH, SOUTH = "127.0.0.11", "127.0.0.12"


@contextmanager
def two_egresses(
    make_operator: MakeOperator, population: Population, folder: Path, *, database_url: str
) -> Iterator[tuple[Operator, Operator, Gateway]]:
    """Start both stacks; yield the operators of the egresses `north` and `south`, and the gateway.

    Args:
        make_operator: the fixture; makes the operator of `north`.
        population: the gateway's accounts and people.
        folder: holds the files of `south`.
        database_url: of an empty PostgreSQL database.
    """
    shared = {"SECRET_KEY": "s" * 50, "CREDENTIAL_KEYS": "k" * 50, "DATABASE_URL": database_url}
    first, gateway = make_operator(
        population, **shared, EGRESS_NAME="north", EGRESS_SOURCE_ADDRESS=NORTH
    )
    first.up()
    env = {
        **shared,
        "EGRESS_NAME": "south",
        "EGRESS_SOURCE_ADDRESS": SOUTH,
        "QQ_GATEWAY_URL": gateway.url,
        "REDIS_URL": f"unix://{first.home}/redis.sock",
    }
    with Operator(folder, env=env) as second:
        second.up()
        yield first, second, gateway
