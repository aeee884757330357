"""docker-compose.yml: the command of each service runs, and its health check passes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml

from qqcampaign.stack.redis_server import find_server
from tests.running_stack import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
OURS = {
    name: service
    for name, service in COMPOSE["services"].items()
    if "command" in service and service["command"][0] == "python"
}
SERVING = [name for name in OURS if name != "migrate"]


@pytest.fixture
def environment(tmp_path: Path, redis_server: str, postgresql_url: str) -> dict[str, str]:
    """Return the services' environment with the test's servers; secrets are files."""
    given = {name: value for name, value in OURS["web"]["environment"].items() if "${" not in value}
    secrets = {
        "SECRET_KEY": "k" * 30 + "0123456789abcdefghijklmnop",
        "CREDENTIAL_KEYS": "c" * 40,
        "DATABASE_URL": postgresql_url,
        "REDIS_URL": redis_server,
    }
    for name, value in secrets.items():
        (tmp_path / name).write_text(value)
        given[f"{name}_FILE"] = str(tmp_path / name)
    return {
        **given,
        "PATH": os.environ["PATH"],
        "ALLOWED_HOSTS": "localhost",
        "QQ_GATEWAY_URL": "http://127.0.0.1:9/",
        "QQCAMPAIGN_HOME": str(tmp_path / "data"),
    }


def _command(words: list[str]) -> list[str]:
    assert words[:2] == ["python", "manage.py"]
    return [sys.executable, *words[1:]]


def _run(words: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(words),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


@pytest.fixture
def port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    return str(number)


@pytest.mark.exhaustive
@pytest.mark.stack
@pytest.mark.postgresql
@pytest.mark.one_database
def test_each_service_starts_and_is_seen_healthy(
    environment: dict[str, str], port: str, tmp_path: Path
) -> None:
    migrated = _run(OURS["migrate"]["command"], environment)
    assert migrated.returncode == 0, migrated.stderr
    running = {}
    try:
        for name in SERVING:
            # The only difference from the container: port 8000 may be in use here.
            extra = ["--bind", f"127.0.0.1:{port}"] if name == "web" else []
            with (tmp_path / f"{name}.log").open("wb") as log:
                running[name] = subprocess.Popen(
                    _command([*OURS[name]["command"], *extra]),
                    cwd=ROOT,
                    env=environment,
                    stdout=log,
                    stderr=log,
                )
        for name, service in running.items():
            extra = ["--bind", f"127.0.0.1:{port}"] if name == "web" else []
            _wait_until_healthy(name, service, extra, environment, tmp_path / f"{name}.log")
        for service in running.values():
            service.send_signal(signal.SIGTERM)
        for name, service in running.items():
            assert service.wait(30) in {0, -signal.SIGTERM}, name
    finally:
        for service in running.values():
            service.kill()
            service.wait()


def _wait_until_healthy(
    name: str, service: subprocess.Popen[bytes], extra: list[str], env: dict[str, str], log: Path
) -> None:
    check = OURS[name]["healthcheck"]["test"]
    assert check[0] == "CMD"
    deadline = time.monotonic() + 60
    while (done := _run([*check[1:], *extra], env)).returncode != 0:
        assert service.poll() is None, f"{name} ended:\n{log.read_text('utf-8')}"
        assert time.monotonic() < deadline, f"{name}: {done.stderr}\n{log.read_text('utf-8')}"


@pytest.mark.postgresql
@pytest.mark.one_database
@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_a_service_that_does_not_run_is_not_healthy(
    environment: dict[str, str], port: str, name: str
) -> None:
    extra = ["--bind", f"127.0.0.1:{port}"] if name == "web" else []
    done = _run([*OURS[name]["healthcheck"]["test"][1:], *extra], environment)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_the_servers_have_health_checks_and_the_secrets_are_files() -> None:
    for name in ("redis", "postgres", *SERVING):
        assert "healthcheck" in COMPOSE["services"][name], name
    for name, service in OURS.items():
        assert "SECRET_KEY" not in service["environment"], name
        assert set(service["secrets"]) <= set(COMPOSE["secrets"])


def test_containers_are_closed() -> None:
    """Nothing is written to but volumes, nothing gains rights, and only the proxy is published."""
    services = COMPOSE["services"]
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name
        assert service["networks"], name
        if name != "migrate":
            assert "healthcheck" in service, name
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inner"]["internal"] is True
    for name in ("redis", "postgres"):
        assert services[name]["networks"] == ["inner"], name
    assert "requirepass" in services["redis"]["command"][-1]


def test_redis_of_the_compose_file_wants_the_password(tmp_path: Path) -> None:
    """The command of the service runs with the Redis server that is here."""
    server = find_server()
    (tmp_path / "password").write_text("from-a-secret\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = COMPOSE["services"]["redis"]["command"][-1].replace("$$", "$")
    script = script.replace("/run/secrets/redis_password", str(tmp_path / "password"))
    script = script.replace("/data", str(tmp_path)).replace("valkey-server", str(server))
    script = script.replace("requirepass", f"port {port}\nrequirepass")
    process = subprocess.Popen(["sh", "-c", script], stdout=subprocess.DEVNULL)
    try:
        client = redis.Redis(port=port, password="from-a-secret")
        deadline = time.monotonic() + 30
        while True:
            try:
                assert client.ping()
                break
            except redis.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=port).ping()
        # The signal to stop reaches the server itself, which then writes what it has.
        process.terminate()
        assert process.wait(10) == 0
        with pytest.raises(redis.ConnectionError):
            client.ping()
    finally:
        process.kill()
        process.wait()
