"""The systemd units: systemd accepts them, and what they start exists."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from qqcampaign.management.commands.serve import KINDS
from tests.running_stack import ROOT

pytestmark = pytest.mark.one_database
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]


def test_every_process_has_a_unit() -> None:
    started = {
        match[1]
        for unit in SERVICES
        for match in re.finditer(r"^ExecStart=.* serve (\w+)", unit.read_text(), re.MULTILINE)
    }
    assert started == set(KINDS)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_has_no_rights_beyond_its_folder(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    assert {
        "User=qqcampaign",
        "UMask=0077",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "StateDirectoryMode=0700",
    } <= set(lines)
    # No secret is in the environment file, which other programs of the user might read.
    assert any(line.startswith("LoadCredential=credential_keys:") for line in lines)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_a_unit(unit: Path, tmp_path: Path) -> None:
    # The programs are not installed here: /bin/true takes their place.
    for one in UNITS:
        text = one.read_text().replace("/opt/qqcampaign/.venv/bin/python", "/bin/true")
        (tmp_path / one.name).write_text(text)
    name = unit.name.replace("@.", "@egress-a.")
    if name != unit.name:
        (tmp_path / name).write_text((tmp_path / unit.name).read_text())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / name],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "qqcampaign" in line]
    assert ours == []


def test_the_example_names_settings_that_are_documented() -> None:
    text = (ROOT / "deploy" / "qqcampaign.env.example").read_text()
    names = re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE)
    documented = (ROOT / "docs" / "operating.md").read_text()
    assert {name for name in names if f"`{name}`" not in documented} <= {"STATIC_ROOT"}
