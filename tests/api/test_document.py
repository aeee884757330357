"""The OpenAPI document is true: schemathesis asks a server all it says, and finds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from api.document import openapi_document
from api.operations import OPERATIONS
from api.scopes import Scope
from tests.api.asking import administrator, program
from tests.campaigns.factories import make_account, make_campaign, make_list

CONFIG = Path(__file__).with_name("schemathesis.toml")
#: Requests for each operation and phase of an exhaustive run.
EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))
#: The longest time of an exhaustive run of one role, and of the run in `make test`, seconds.
SECONDS, FEWER_SECONDS = os.environ.get("API_SECONDS", "60"), "15"
PHASES = os.environ.get("API_PHASES", "fuzzing")


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize(
    ("role", "examples", "seconds"),
    [
        pytest.param("administrator", 1, FEWER_SECONDS, marks=pytest.mark.partial),
        pytest.param("administrator", EXAMPLES, SECONDS, marks=pytest.mark.exhaustive),
        pytest.param("reader", EXAMPLES, SECONDS, marks=pytest.mark.exhaustive),
    ],
)
def test_schemathesis_finds_nothing(
    role: str,
    examples: int,
    seconds: str,
    live_server: Any,
    clean_redis: Any,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 0
    account = make_account(10_001, friends=[20_001, 20_002])
    make_campaign("spring", lists=[make_list("VIP", [20_001, 20_002])], accounts=[account])
    asking = program(is_superuser=True, scope=Scope.READ if role == "reader" else Scope.ADMIN)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"),
            f"{live_server.url}/api/v1/openapi.json",
            *("--checks", "all", "--phases", PHASES, "--max-examples", str(examples)),
            *("--seed", "1", "--workers", "2", "--generation-database", "none"),
            *("--header", f"Authorization: Bearer {asking.secret}"),
            *(
                "--request-timeout",
                "120",
                "--max-time",
                seconds,
                "--suppress-health-check",
                "all",
                "--continue-on-failure",
            ),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    if os.environ.get("API_OUT"):
        Path(os.environ["API_OUT"] + role).write_text(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_what_stands_in_an_address_is_required_and_known() -> None:
    for operation in OPERATIONS:
        in_path = {part[1:-1] for part in operation.path.split("/") if part.startswith("{")}
        required = {
            one.name for one in operation.parameters if one.place == "path" and one.is_required
        }
        assert in_path == required, (operation.method, operation.path)


@pytest.mark.django_db
def test_a_segment_is_renamed() -> None:
    root = administrator()
    root.post("segments", {"name": "a", "where": "city = 昆明"})
    answer = root.ask("PATCH", "segments/a", {"new_name": "b"})
    assert answer.status_code == 200, answer.content
    assert root.get("segments/b").status_code == 200
    assert root.ask("PATCH", "segments/b", {}).json()["error"] == "no_change"


@pytest.mark.django_db
def test_everyone_reads_the_document_and_its_page() -> None:
    document = Client().get("/api/v1/openapi.json").json()
    assert document == openapi_document()
    assert document["openapi"] == "3.1.0"
    page = Client().get("/api/v1/docs", headers={"Accept-Language": "zh-hans"})
    assert page.status_code == 200
    text = page.content.decode()
    assert "/campaigns/{name}/start" in text
    assert 'lang="zh-hans"' in text
    assert "https://" not in text  # nothing comes from elsewhere
