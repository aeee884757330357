"""The world of the weekly campaign: three accounts, their people, its dates, and who got what.

Each account has 40 friends and shares 20 with the next one. The third account is new and warms up.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import InboundMessage
from campaigns.models import CampaignRun
from clocks import shared
from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from sending.models import Delivery
from tests.commandline import CommandResult, manage
from tests.driven_time import DrivenTime
from tests.sending.working import LocalWorker, wait_until

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
#: The most messages of the new account on the days on which it sends.
CURVE = (5, 6, 7, 50)
NEW = 1_000_003
WEEKLY, FOLLOW_UP, EXTRA = "周报", "跟进", "加急"


def done(*arguments: object) -> CommandResult:
    """Run a command that must succeed."""
    result = manage(*arguments, "--json")
    assert result.status == 0, (arguments, result)
    return result


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    """Write a CSV file; return its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def at(monday: datetime, *, day: int = 0, hour: int, minute: int = 0) -> datetime:
    """Return a moment of the weeks that begin with a Monday."""
    return monday + day * DAY + timedelta(hours=hour, minutes=minute)


def first_monday() -> datetime:
    """Return the midnight in Shanghai with which the next week but one begins."""
    today = shared.wall().astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + (14 - today.weekday()) * DAY


def three_accounts() -> GatewaySimulator:
    """Return the gateway: each account shares half of its friends with the next one."""
    return GatewaySimulator(accounts=3, friends=40, overlap=0.5, heartbeat=1)


def driven_time(gateway: GatewaySimulator, settings: Any, patch: pytest.MonkeyPatch) -> DrivenTime:
    """Let this process talk to the gateway; return its time, to be moved."""
    settings.QQ_GATEWAY_URL = gateway.url
    settings.QQ_READ_TIMEOUT = settings.QQ_CONNECT_TIMEOUT = 2.0
    return DrivenTime(patch)


def make_accounts(gateway: GatewaySimulator, folder: Path) -> list[int]:
    """Make the accounts and the list of all their friends; return the UINs of the accounts."""
    world = populate(gateway.settings)
    people = sorted({uin for account in world.values() for uin in account.friends})
    rows = [(uin, password_of(uin), 0) for uin in world]
    done("import_accounts", write(folder / "a.csv", ("uin", "password", "min_interval"), rows))
    named = [(uin, f"人{uin}") for uin in people]
    done("import_contacts", write(folder / "p.csv", ("uin", "name"), named), "--list", "会员")
    with LocalWorker():
        done("accounts", "sync", "--all")
    return list(world)


def holiday_file(folder: Path, monday: datetime) -> Path:
    """Return a file with one holiday: the second Monday."""
    holiday = [(f"{monday + 7 * DAY:%Y-%m-%d}", "holiday", "元旦")]
    return write(folder / "h.csv", ("date", "kind", "name"), holiday)


def newest(name: str = WEEKLY) -> CampaignRun:
    """Return the newest run of a campaign."""
    found: CampaignRun | None = (
        CampaignRun.objects.filter(campaign__name=name).order_by("-number").first()
    )
    assert found is not None
    return found


def is_held_back(run: CampaignRun, *, new: int) -> bool:
    """Return whether only messages of the new account are left, which has sent so many."""
    rows = Delivery.objects.filter(run=run)
    left = rows.filter(state__in=("pending", "sending"))
    is_planned = rows.exists() and not left.filter(state="sending").exists()
    return (
        is_planned and not left.exclude(account__uin=NEW).exists() and new == len(sent_by(run, NEW))
    )


def sent_by(run: CampaignRun, uin: int | None = None) -> list[int]:
    """Return the people whom an account, or any, wrote to."""
    rows = Delivery.objects.filter(run=run, state="sent").order_by("uin")
    rows = rows.filter(account__uin=uin) if uin is not None else rows
    return list(rows.values_list("uin", flat=True))


def reply(gateway: GatewaySimulator, run: CampaignRun, person: int) -> None:
    """Let a person answer the account that wrote to them."""
    account = Delivery.objects.get(run=run, uin=person).account
    assert account is not None
    gateway.control.push_inbound(uin=account.uin, sender=person, text="收到")
    with LocalWorker():
        done("accounts", "login", account.uin)
        wait_until(InboundMessage.objects.filter(uin=person).exists, what="the answer")
