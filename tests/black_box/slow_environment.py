"""A wrong environment is reported in a sentence; two egresses work together."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.black_box.conftest import MakeOperator
from tests.black_box.operator_cli import Operator
from tests.black_box.population import (
    Population,
    assert_all_arrived,
    import_people,
    launch_campaign,
)
from tests.black_box.two_egresses import SOUTH, two_egresses

WRONG = {
    "DATABASE_URL": {
        "nonsense": "DATABASE_URL",
        "mysql://somebody@localhost/x": "DATABASE_URL",
        "postgres://nobody:geheim@127.0.0.1:1/none": "reach",
        "postgres://nobody:geheim@no-such-host.invalid:5432/none": "reach",
        "sqlite:////nonexistent/folder/db.sqlite3": "",
    },
    "REDIS_URL": {
        "nonsense": "REDIS_URL",
        "redis://127.0.0.1:1/0": "Redis",
        "redis://:geheim@127.0.0.1:notaport/0": "REDIS_URL",
        "unix:///nonexistent/redis.sock": "Redis",
    },
    "QQ_GATEWAY_URL": {
        "nonsense": "QQ_GATEWAY_URL",
        "http://": "QQ_GATEWAY_URL",
        "http://host:notaport/": "QQ_GATEWAY_URL",
    },
    "EGRESS_SOURCE_ADDRESS": {"192.0.2.7": "EGRESS_SOURCE_ADDRESS", "x": "EGRESS_SOURCE_ADDRESS"},
    "EGRESS_PROXY": {"nonsense": "EGRESS_PROXY"},
    "EGRESS_NAME": {"a b/c": "EGRESS_NAME"},
    "QQ_READ_TIMEOUT": {"soon": "QQ_READ_TIMEOUT", "-1": "QQ_READ_TIMEOUT", "nan": "QQ_READ"},
    "QQ_CONNECT_TIMEOUT": {"0": "QQ_CONNECT_TIMEOUT"},
    "DATABASE_POOL_SIZE": {"many": "DATABASE_POOL_SIZE", "inf": "DATABASE_POOL_SIZE"},
    "TIME_ZONE": {"Atlantis/Center": "TIME_ZONE"},
    "SECRET_KEY_FILE": {"/nonexistent": "SECRET_KEY_FILE"},
    "CREDENTIAL_KEYS": {"short": "CREDENTIAL_KEYS"},
}
CASES = [(name, value) for name, values in WRONG.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_up_refuses_a_wrong_environment(tmp_path: Path, name: str, value: str) -> None:
    with Operator(tmp_path, env={name: value}) as operator:
        process = operator.launch()
        try:
            assert process.wait(100) == 1, operator.output
        except subprocess.TimeoutExpired:
            pytest.fail(f"it did not end: {operator.output}\n{operator.logs()}")
        result = operator.output
        print(result)
        assert WRONG[name][value] in result, result
        assert "geheim" not in result
        assert len(result.splitlines()) < 12, result


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_command_reports_a_wrong_environment_without_a_traceback(
    tmp_path: Path, name: str, value: str
) -> None:
    with Operator(tmp_path, env={name: value}) as operator:
        result = operator.manage("campaign", "status", "x", "--json", timeout=60)
        print(result)
        assert result.status in (0, 1)
        assert "geheim" not in result.out + result.err
        assert result.err == "" or result.out == "", result


def test_up_refuses_a_port_in_use_and_a_second_stack_in_a_home(
    tmp_path: Path, make_operator: MakeOperator
) -> None:
    operator, _gateway = make_operator(Population(1, 1))
    operator.up()
    with socket.create_server(("127.0.0.1", 0)) as taken, Operator(tmp_path / "b") as other:
        port = str(taken.getsockname()[1])
        assert other.launch("--port", port).wait(60) == 1
        assert port in other.output
        assert other.launch("--port", "http").wait(60) == 2
    with Operator(tmp_path / "c", env={"QQCAMPAIGN_HOME": str(operator.home)}) as other:
        assert other.launch().wait(60) == 1
        assert "already runs" in other.output
    assert operator.end() == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_up_refuses_a_read_only_home(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    with Operator(tmp_path) as operator:
        assert operator.launch().wait(60) == 1
        assert "cannot be written" in operator.output


def test_up_refuses_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with Operator(tmp_path) as operator:
        assert operator.launch().wait(60) == 1
        assert "cannot be written" in operator.output


def test_logins_name_the_gateway_when_it_is_offline_and_succeed_later(
    make_operator: MakeOperator,
) -> None:
    population = Population(2, 3)
    operator, gateway = make_operator(population)
    gateway.offline()
    operator.up()
    operator.ok("import_accounts", operator.accounts_file(population.passwords))
    result = operator.manage("accounts", "login", "--all", "--json", "--timeout", 10)
    print(result)
    assert result.status == 1
    assert all("gateway" in row["sentence"] for row in result.json), result
    gateway.online()
    rows = operator.ok("accounts", "login", "--all", "--timeout", 60)
    assert {row["state"] for row in rows} == {"online"}


def test_two_egresses_send_each_from_its_own_address(
    tmp_path: Path, make_operator: MakeOperator, postgresql_url: str
) -> None:
    """Two stacks share a database and a Redis; each has its own source address."""
    population = Population(4, 30)
    with two_egresses(
        make_operator, population, tmp_path / "second", database_url=postgresql_url
    ) as (first, second, gateway):
        first.ok(
            "import_accounts", first.accounts_file(population.passwords, columns={"per_day": 900})
        )
        half = {uin: population.passwords[uin] for uin in population.uins[:2]}
        file = first.accounts_file(half)
        first.ok("import_accounts", file, "--egress", "south")
        import_people_and_sync(first, population)
        ips = {int(r.text("UIN")): r.ip for r in gateway.traffic.requests}
        print(ips)
        assert {ips[uin] for uin in half} == {SOUTH}
        launch_campaign(second, "one", "hi")
        assert second.wait("one")["sent"] == 120
        assert_all_arrived(gateway, "hi", population.people)
        moved = {(r.text("UIN"), r.ip) for r in gateway.traffic.requests if r.command == "cltmsg"}
        assert len(moved) == 4, moved


def import_people_and_sync(operator: Operator, population: Population) -> None:
    import_people(operator, "all", population.people)
    operator.ok("accounts", "sync", "--all")
