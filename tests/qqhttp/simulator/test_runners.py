"""The simulator as a process: command line, files, signals and exit status."""

import csv
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from qqhttp.simulator import GatewaySimulator, SimulatorError, SimulatorProcess
from qqhttp.simulator.population import FIRST_ACCOUNT, FIRST_FRIEND

from .raw_client import ALICE, ask, log_in, message

MODULE = [sys.executable, "-m", "qqhttp.simulator"]
MANAGE = [sys.executable, "manage.py", "gateway_simulator"]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MODULE, "--port=0", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_process_gets_its_settings_and_faults() -> None:
    with SimulatorProcess(
        accounts=2, friends=3, min_interval=60, penalty=0.1, heartbeat=7, latency=0.01,
        faults=("empty,command=Logout",), list_cut=2, is_keep_alive=False,
    ) as gateway:  # fmt: skip
        assert gateway.control.settings()["latency"] == pytest.approx(0.01)
        assert gateway.control.settings()["is_keep_alive"] is False
        assert gateway.control.faults()[0]["command"] == "Logout"
        assert gateway.control.figures().accounts == 2
        assert gateway.control.settings()["heartbeat"] == 7


def test_a_process_ends_with_its_parent() -> None:
    process = subprocess.Popen(
        [*MODULE, "--port=0", "--until-stdin-closes"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    json.loads(process.stdout.readline())
    process.stdin.close()
    assert process.wait(timeout=10) == 0
    process.stdout.close()


@pytest.mark.slow
@pytest.mark.parametrize("command", [MODULE, MANAGE], ids=["python -m", "manage.py"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_status_0_and_no_output(
    command: list[str], number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [*command, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = json.loads(process.stdout.readline())["port"]
    # An open connection does not delay the end.
    with socket.create_connection(("127.0.0.1", port)):
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("command", [MODULE, MANAGE], ids=["python -m", "manage.py"])
def test_a_port_in_use_is_reported_in_one_line(command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [*command, f"--port={port}"], capture_output=True, text=True, timeout=60, check=False
        )
    assert ended.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


REFUSALS = [
    (["--overlap=2"], "overlap is 2.0"),
    (["--accounts=-1"], "accounts is -1"),
    (["--fault=explode"], "no fault 'explode'"),
    (["--host=203.0.113.9"], "cannot listen on 203.0.113.9"),
    (["--population=/nonexistent.json"], "cannot be read"),
    (["--population=pyproject.toml"], "is not a population"),
    (["--write-contacts=/nonexistent/c.csv"], "cannot be written"),
]


@pytest.mark.parametrize(("arguments", "part"), REFUSALS)
def test_an_invalid_option_is_reported_in_one_line_with_status_1(
    arguments: list[str], part: str
) -> None:
    ended = _run(*arguments)
    assert ended.returncode == 1
    assert part in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_simulator_that_cannot_start_raises_its_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SimulatorError, match="in use"), SimulatorProcess(port=port):
            pass
        with pytest.raises(SimulatorError, match="in use"), GatewaySimulator(port=port):
            pass


def test_it_listens_on_several_addresses() -> None:
    with GatewaySimulator(hosts=("127.0.0.1", "127.0.0.3")) as gateway:
        for host in gateway.settings.hosts:
            socket.create_connection((host, gateway.port)).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.4", gateway.port))


def test_written_files_have_each_account_and_friend_once(tmp_path: Path) -> None:
    accounts, contacts = tmp_path / "accounts.csv", tmp_path / "contacts.csv"
    process = subprocess.Popen(
        [*MODULE, "--port=0", "--accounts=3", "--friends=4", "--overlap=0.5",
         f"--write-accounts={accounts}", f"--write-contacts={contacts}"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    process.terminate()
    process.communicate(timeout=10)
    with accounts.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["uin"], row["password"]) for row in rows] == [
        (str(FIRST_ACCOUNT + index), f"pw-{FIRST_ACCOUNT + index}") for index in range(3)
    ]
    assert all(row["name"] for row in rows)
    with contacts.open(encoding="utf-8", newline="") as file:
        friends = list(csv.DictReader(file))
    # Neighbours share half of four: 4 + 2 + 2 people.
    assert [int(row["uin"]) for row in friends] == list(range(FIRST_FRIEND, FIRST_FRIEND + 8))
    assert all(row["name"] and row["city"] for row in friends)


def test_a_population_can_be_read_from_json(tmp_path: Path) -> None:
    path = tmp_path / "population.json"
    account = {"uin": ALICE, "password": f"pw-{ALICE}", "friends": [555555, 666666]}
    frozen = {"uin": 1000002, "password": "pw-1000002", "refusal": "冻结"}
    path.write_text(json.dumps({"accounts": [account, frozen]}), encoding="utf-8")
    with GatewaySimulator(population=str(path)) as gateway:
        log_in(gateway)
        reply = ask(gateway, f"VER=1.1&CMD=List&SEQ=1&UIN={ALICE}&TN=1")
        assert reply.endswith("&SN=2&UN=555555,666666,")
        assert ask(gateway, message(1, un=555555)).endswith("&RES=0&")
        assert gateway.control.figures().to_strangers == 0
