"""The rows of the whole world, and further ones: each address of the console has one."""

from __future__ import annotations

import json
from datetime import date, time
from typing import Any

from django.contrib.auth.models import Group, User

from accounts.models import Account, AccountTask, WarmUpCurve
from accounts.models.account_task import AccountTaskKind, AccountTaskState
from accounts.warm_ups import create_curve
from api.models import ApiRequest, Token
from api.tokens.issue import issue_token
from campaigns.creation.create_sequence import create_sequence
from campaigns.creation.sequence_steps import Step
from campaigns.models import Campaign, HolidayCalendar, HolidayKind, Notification, SavedReport
from campaigns.run_control.lifecycle import start_campaign
from campaigns.run_control.require_approval import require_approval
from campaigns.sequences.control import start_sequence
from clocks import shared
from contacts.imports.lifecycle import upload_import
from contacts.models import ContactList
from contacts.segments.save import create_segment
from foundation.sentences import Sentence
from sending.models import OptOutWord, QuietHours, ResultPolicy
from sending.opt_outs.change_settings import change_settings as change_opt_out_settings
from tests.campaigns.factories import make_campaign
from tests.console.sample_data import FIRST_UIN
from tests.console.whole_world import make_whole_world
from webhooks.endpoints import add_endpoint, send_test

#: Encoded as a spreadsheet program on Windows does it, and with a UIN that it spoilt.
SHEET = "QQ号,姓名,城市\n20000001,张伟,北京\n1.23457E+09,李娜,上海\n20000003,王芳,广州\n"


def make_every_row() -> dict[str, int]:
    """Make the rows; return the keys that addresses need, by name."""
    keys = make_whole_world()
    author = User.objects.get(username="小王")
    colleague = User.objects.create_user("小李", is_staff=True)
    campaign = Campaign.objects.get(pk=keys["campaign"])
    calendar = HolidayCalendar.objects.create(name="中国 2026")
    calendar.dates.create(date=date(2026, 10, 1), kind=HolidayKind.HOLIDAY, name="国庆节")
    token, _secret = issue_token(user=author, name="商城", expires="90d")
    endpoint = add_endpoint(
        name="客户系统", url="https://crm.example.cn/qq", events=[], owner=author
    )
    _touch()
    return {
        **keys,
        "calendar": calendar.pk,
        "colleague": colleague.pk,
        "endpoint": endpoint.pk,
        "list": ContactList.objects.get(name="新客户").pk,
        "loaded": campaign.lists.get().imports.get().pk,
        "message": send_test(endpoint=endpoint).pk,
        "notification": _notification(campaign),
        "quiet": QuietHours.objects.create(start=time(22), end=time(8)).pk,
        "group": Group.objects.create(name="夜班").pk,
        "repeated": _repeated(),
        "request": _request(token),
        "report": SavedReport.objects.create(name="每周汇总", period="last-7-days").pk,
        "run": campaign.runs.get().pk,
        "search": _search(),
        "segment": _segment(author),
        "token": token.pk,
        "uploaded": _upload(author),
        "waiting_sequence": _waiting_sequence(author),
    }


def _touch() -> None:
    """Change a row of each kind whose first rows have no history."""
    change_opt_out_settings(is_confirmed=True)
    for model in (OptOutWord, ResultPolicy, WarmUpCurve):
        row = model._default_manager.order_by("pk").first() or _first_row(model)
        row.save()


def _first_row(model: Any) -> Any:
    """Return a row as the migrations made it, which a test that committed has emptied."""
    if model is WarmUpCurve:
        return create_curve(name="缓慢", limits=[20, 40, 80])
    values = {"word": "TD", "key": "td"} if model is OptOutWord else {"code": "0", "action": "done"}
    return model(**values)


def _repeated() -> int:
    """Make a campaign with a schedule that is on."""
    members = ContactList.objects.get(name="新客户")
    text, rule = "{{ name }}，本周会员日到了", "weekly@mon,thu 09:00"
    campaign = make_campaign("每周会员日", lists=[members], text=text, repeat=rule)
    start_campaign(campaign=campaign)
    return int(campaign.pk)


def _segment(author: Any) -> int:
    cities = [{"kind": "attribute", "name": "city", "value": one} for one in ("北京", "昆明")]
    return int(create_segment(name="北京或昆明", conditions={"any": cities}, by=author).pk)


def _upload(author: Any) -> int:
    blocks = [SHEET.encode("gb18030")]
    into = ContactList.objects.get(name="新客户")
    done = upload_import(blocks=blocks, file_name="客户.csv", contact_list=into, by=author)
    return int(done.pk)


def _notification(campaign: Campaign) -> int:
    row = Notification.objects.create(
        event="finished", subject="run:1", campaign=campaign, target_kind="webhook",
        target="https://example.cn/hook", at=shared.wall(), state="failed", tries=10,
        next_at=shared.wall(), last_error=Sentence("The connection was refused."),
        sentence=Sentence("It is."),
    )  # fmt: skip
    return int(row.pk)


def _request(token: Token) -> int:
    row = ApiRequest.objects.create(
        at=shared.wall(), token=token, who="小王", token_name="商城", method="GET",
        operation="campaigns/{name}/status", status=404, error="campaign_unknown", took_ms=12,
        address="10.0.0.8",
    )  # fmt: skip
    return int(row.pk)


def _search() -> int:
    """Make a search for people that has found some."""
    people = [
        {"uin": FIRST_UIN + n, "nickname": f"小花{n}", "status": status, "face": n}
        for n, status in enumerate(("online", "offline"))
    ]
    found = {"age": 25, "sex": 0, "province": "云南", "people": people}
    task = AccountTask.objects.create(
        account=Account.objects.order_by("uin")[0],
        kind=AccountTaskKind.FIND,
        state=AccountTaskState.DONE,
        text=json.dumps(found),
    )
    return int(task.pk)


def _waiting_sequence(author: Any) -> int:
    """Make a sequence that waits for an approval; campaigns need none as before."""
    sequence = create_sequence(
        name="会员生日祝福",
        lists=[ContactList.objects.get(name="新客户")],
        steps=[Step(0, text="{{ name }}，生日快乐！"), Step(86_400, text="送您一张券。")],
        by=author,
    )
    require_approval(is_required=True)
    start_sequence(sequence=sequence, by=author)
    require_approval(is_required=False)
    return int(sequence.pk)
