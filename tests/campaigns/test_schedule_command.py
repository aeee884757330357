"""The schedule on the command line: `campaign create`, `occurrences`, `schedule`, `holidays`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaigns.models import Campaign, CampaignRun
from clocks import shared
from tests.campaigns.factories import china, make_account, make_list
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
PEOPLE = range(100_000, 100_004)


@pytest.fixture(autouse=True)
def _people() -> None:
    make_account(20_001, friends=PEOPLE)
    make_list("all", PEOPLE)


def create(*arguments: str, name: str = "w") -> Any:
    return manage("campaign", "create", name, "--list", "all", "--text", "hi", *arguments, "--json")


def test_it_creates_a_schedule(tmp_path: Path) -> None:
    file = tmp_path / "h.csv"
    file.write_text("date,kind,name\n2026-12-25,holiday,X\n")
    done = manage("holidays", "import", str(file), "--name", "shop", "--json")
    assert json.loads(done.out) == {"calendar": "shop", "dates": 1}
    done = create(
        "--repeat", "weekly@mon,thu 09:00", "--times", "4", "--window",
        "mon-fri=09:00-11:30,14:00-18:00", "--window", "sat=10:00-12:00", "--holidays", "shop",
        "--late", "move", "--deadline", "4h", "--override-quiet-hours",
    )  # fmt: skip
    assert done.status == 0, done.out
    said = json.loads(done.out)
    assert said["repeat"] == "weekly@mon,thu 09:00"
    assert said["windows"] == "mon-fri=09:00-11:30,14:00-18:00; sat=10:00-12:00"
    assert (said["times"], said["deadline"], said["holidays"]) == (4, "4h", "shop")
    campaign = Campaign.objects.get()
    assert (campaign.late, campaign.overrides_quiet_hours) == ("move", True)


def test_one_window_stays_as_it_was() -> None:
    assert json.loads(create("--window", "09:00-20:00").out)["window"] == "09:00-20:00"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--repeat", "hourly"], "repeat_malformed"),
        (["--window", "9-5"], "window_malformed"),
        (["--holidays", "nowhere"], "holidays_unknown"),
        (["--deadline", "soon"], "deadline_malformed"),
        (["--deadline", "2020-01-01"], "deadline_past"),
        (["--until", "2999-01-01", "--repeat", "daily@09:00"], "until_too_far"),
        (["--times", "3"], "end_without_repeat"),
        (["--repeat", "daily@09:00", "--times", "0"], "times_malformed"),
        (["--repeat", "daily@09:00", "--times", "9" * 4000], "times_malformed"),
        (["--repeat", "daily@09:00", "--until", "2020-01-01"], "until_past"),
        (["--repeat", "daily@09:00", "--deadline", "2027-01-01"], "deadline_fixed"),
        (["--at", "9999-12-31T09:00"], "start_too_far"),
    ],
)
def test_it_refuses_with_a_sentence(arguments: list[str], code: str) -> None:
    done = create(*arguments)
    assert done.status == 1, done
    assert json.loads(done.out)["error"] == code
    assert not Campaign.objects.exists()


def test_the_occurrences_are_listed_page_by_page() -> None:
    create("--repeat", "daily@09:00", "--times", "3")
    now = shared.wall()
    nine = now.replace(hour=1, minute=0, second=0, microsecond=0)
    nine += timedelta(days=1) if nine <= now else timedelta()
    expected = [f"{nine + timedelta(days=n):%Y-%m-%dT%H:%M:%SZ}" for n in range(3)]
    first = json.loads(manage("campaign", "occurrences", "w", "--next", "2", "--json").out)
    assert first == {"items": expected[:2], "next": expected[1]}
    rest = manage("campaign", "occurrences", "w", "--after", first["next"], "--json")
    assert json.loads(rest.out) == {"items": expected[2:], "next": None}
    assert "(Asia/Shanghai)" in manage("campaign", "occurrences", "w").out
    for wrong in ("0", "²", "9" * 5000, "-1", "NaN"):
        assert manage("campaign", "occurrences", "w", "--next", wrong).status == 2


def test_a_schedule_is_controlled() -> None:
    create("--repeat", "daily@09:00")
    started = json.loads(manage("campaign", "start", "w", "--json").out)
    assert (started["state"], started["run"]) == ("scheduled", None)
    assert datetime.fromisoformat(started["next"]) > datetime.now(UTC)
    assert manage("campaign", "start", "w", "--json").status == 1
    assert not CampaignRun.objects.exists()

    def schedule(*arguments: str) -> Any:
        done = manage("campaign", "schedule", "w", *arguments, "--json")
        return done.status, json.loads(done.out)

    status, said = schedule("--cancel-date", started["next"])
    assert status == 0
    assert said["next"] > started["next"]
    assert schedule("--restore-date", started["next"])[1]["next"] == started["next"]
    assert schedule("--cancel-date", "2026-01-01T00:00")[1]["error"] == "date_unknown"
    assert schedule("--pause")[1]["state"] == "paused"
    assert schedule("--pause")[1]["error"] == "wrong_state"
    assert schedule("--resume")[1]["state"] == "on"
    assert schedule("--end")[1] == {
        "campaign": "w", "run": None, "state": "ended", "next": None,
        "sentence": "The schedule has ended. Ended by an operator.",
    }  # fmt: skip


def test_the_calendars_are_listed_and_shown() -> None:
    china()
    listed = json.loads(manage("holidays", "list", "--json").out)
    assert listed["next"] is None
    assert listed["items"][0]["name"] == "China"
    shown = json.loads(manage("holidays", "show", "China", "--year", "2026", "--json").out)
    assert {"date": "2026-10-01", "kind": "holiday", "name": "国庆节"} in shown["items"]
    assert manage("holidays", "show", "Chima").status == 1
    assert manage("holidays", "show", "China", "--year", "9" * 9).status == 0


def test_quiet_hours_are_added_listed_and_removed() -> None:
    added = json.loads(manage("quiet_hours", "add", "22:00-08:00", "--json").out)
    row = {"timezone": "Asia/Shanghai", "start": "22:00", "end": "08:00"}
    assert added == {"items": [row], "next": None}
    for wrong, code in (
        ("22:00-08:00", "quiet_hours_twice"),
        ("8", "window_malformed"),
        ("mon=08:00-09:00", "window_malformed"),
        ("08:00-08:00", "window_malformed"),
        ("00:00-24:00", "quiet_hours_empty"),
    ):
        done = manage("quiet_hours", "add", wrong, "--json")
        assert (done.status, json.loads(done.out)["error"]) == (1, code)
    assert manage("quiet_hours", "add", "22:00-08:00", "--timezone", "Mars").status == 1
    assert manage("quiet_hours", "remove", "21:00-08:00").status == 1
    assert json.loads(manage("quiet_hours", "remove", "22:00-08:00", "--json").out)["items"] == []


def test_the_status_names_the_next_date() -> None:
    create("--repeat", "daily@09:00")
    manage("campaign", "start", "w")
    status = json.loads(manage("campaign", "status", "w", "--json").out)
    assert status["state"] == "draft"
    assert status["why"][0].startswith("Next on ")
    assert "Next on " in manage("campaign", "status", "w").out
