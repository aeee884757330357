"""Suppressions with an end: they end by themselves, and never shorten one that holds longer."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.planning.plan import plan_run
from clocks import shared
from contacts.lists.combine import combine_lists
from contacts.lists.delete import people_who_opted_out
from contacts.models import Contact, ContactList, Suppression
from contacts.people.person_page import person_of
from contacts.segments.conditions import condition_of
from contacts.suppressions import suppress
from foundation.deletion import delete_row
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.runs.policy_actions import suppress_recipient
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run
from tests.commandline import manage
from tests.sending.feeds import next_of_run

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
UIN = 100_000
HOUR = timedelta(hours=1)


def now() -> datetime:
    return timezone.now()


def ends(uin: int = UIN, contact_list: ContactList | None = None) -> datetime | None:
    until: datetime | None = Suppression.objects.get(uin=uin, contact_list=contact_list).until
    return until


def ended(uin: int = UIN, contact_list: ContactList | None = None, **columns: Any) -> None:
    Suppression.objects.create(uin=uin, contact_list=contact_list, until=now() - HOUR, **columns)


@pytest.fixture
def run() -> CampaignRun:
    account: Account = make_account(20_001, friends=[UIN, UIN + 1])
    campaign = make_campaign("spring", lists=[make_list("all", [UIN, UIN + 1])])
    assert account.pk
    return make_run(campaign, state=RunState.PREPARING)


@pytest.mark.parametrize("is_for_a_list", [True, False])
@pytest.mark.parametrize("until", [None, HOUR, -HOUR])
def test_planning_feed_and_segments_mind_the_end(
    run: CampaignRun, until: timedelta | None, is_for_a_list: bool
) -> None:
    moment = now() + until if until is not None else None
    contact_list = run.lists.get() if is_for_a_list else None
    Suppression.objects.create(uin=UIN, contact_list=contact_list, until=moment)
    holds = until != -HOUR
    plan_run(run=run)
    assert Delivery.objects.get(run=run, uin=UIN).reason == ("suppressed" if holds else "")
    Delivery.objects.filter(run=run).update(state="pending", account=Account.objects.get())
    found = next_of_run(
        account_id=Account.objects.get().pk, run_id=run.pk, now=shared.now(), limit=9
    )
    assert [one.uin for one in found if one.is_suppressed] == ([UIN] if holds else [])
    in_segment = Contact.objects.filter(condition_of({"kind": "suppressed"}))
    assert in_segment.count() == (1 if holds and not is_for_a_list else 0)
    person = person_of(contact=Contact.objects.get(uin=UIN))
    assert person.is_suppressed == (holds and not is_for_a_list)
    assert len(person.in_force) == holds


def test_it_ends_without_anything_being_run(run: CampaignRun) -> None:
    suppress(uins=[UIN], until=now() + timedelta(milliseconds=300))
    assert Suppression.objects.in_force().exists()
    Suppression.objects.update(until=now() - timedelta(seconds=1))
    assert not Suppression.objects.in_force().exists()
    assert Suppression.objects.ended().exists()


@pytest.mark.parametrize(
    ("first", "second", "last"),
    [
        (None, 1, None),
        (1, None, None),
        (1, 2, 2),
        (2, 1, 2),
        (None, None, None),
    ],
)
@pytest.mark.parametrize("is_for_a_list", [True, False])
def test_the_one_that_holds_longer_is_kept(
    first: int | None, second: int | None, last: int | None, is_for_a_list: bool
) -> None:
    contact_list = make_list("members") if is_for_a_list else None
    start = now()

    def at(hours: int | None) -> datetime | None:
        return None if hours is None else start + hours * HOUR

    assert suppress(uins=[UIN], until=at(first), source="first", contact_list=contact_list) == 1
    assert suppress(uins=[UIN], until=at(second), source="second", contact_list=contact_list) == 0
    assert ends(contact_list=contact_list) == at(last)
    is_second = last == second != first
    assert Suppression.objects.get().source == ("second" if is_second else "first")


def test_one_that_has_ended_counts_as_none_and_is_renewed() -> None:
    ended(reason="imported", source="old")
    assert suppress(uins=[UIN, UIN + 1], source="new") == 2
    row = Suppression.objects.get(uin=UIN)
    assert (row.until, row.source, row.reason) == (None, "new", "by_hand")


def test_an_illegal_uin_is_suppressed_for_good_whatever_was_before() -> None:
    suppress(uins=[UIN], until=now() + HOUR)
    suppress_recipient(uin=UIN, code="5")
    row = Suppression.objects.get(uin=UIN)
    assert (row.until, row.reason, row.source) == (None, "unreachable", "RES=5")


def test_an_end_in_the_past_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        suppress(uins=[UIN], until=now() - HOUR)
    assert refused.value.code == "until_past"
    assert not Suppression.objects.exists()


def test_a_deleted_list_keeps_the_longer_of_two() -> None:
    members = make_list("members")
    suppress(uins=[UIN, UIN + 1, UIN + 2], contact_list=members)
    suppress(uins=[UIN], until=now() + HOUR)  # shorter than the list's: it must not swallow that
    suppress(uins=[UIN + 1])
    ended(UIN + 2)
    assert (people_who_opted_out(members), Suppression.objects.count()) == (2, 6)
    delete_row(row=members)
    assert {row.uin: row.until for row in Suppression.objects.all()} == dict.fromkeys(
        range(UIN, UIN + 3)
    )


def test_combined_lists_keep_the_longest_and_leave_out_those_that_ended() -> None:
    one, two, both = make_list("one", [UIN, UIN + 1]), make_list("two", [UIN]), make_list("both")
    far = now() + 5 * HOUR
    suppress(uins=[UIN], contact_list=one, until=now() + HOUR)
    suppress(uins=[UIN], contact_list=two, until=far)
    ended(UIN + 1, one)
    combine_lists(into=both, any_of=[one, two])
    rows = Suppression.objects.filter(contact_list=both)
    assert [(row.uin, row.until) for row in rows] == [(UIN, far)]


def test_the_command() -> None:
    made = manage("suppressions", "add", UIN, "--until", "2999-01-02T03:04+00:00", "--json")
    assert (made.status, made.json["suppressed"]) == (0, 1)
    manage("suppressions", "add", UIN + 1)
    rows = manage("suppressions", "list", "--json").json
    assert [row["until"] for row in rows] == ["2999-01-02T03:04:00Z", None]


@pytest.mark.parametrize(
    ("until", "code"),
    [
        ("tomorrow", "until_malformed"),
        ("", "until_malformed"),
        ("2026-13-01", "until_malformed"),
        ("²", "until_malformed"),
        ("9" * 5000, "until_malformed"),
        ("0001-01-01T00:00+14:00", "until_malformed"),
        ("2020-01-01", "until_past"),
    ],
)
def test_an_end_that_cannot_be(until: str, code: str) -> None:
    said = manage("suppressions", "add", UIN, f"--until={until}", "--json")
    assert (said.status, said.json["error"]) == (1, code)
    assert not Suppression.objects.exists()


def test_an_imported_opt_out_takes_the_place_of_one_with_an_end(tmp_path: Path) -> None:
    ended(source="over")
    suppress(uins=[UIN + 1], until=now() + HOUR)
    file = tmp_path / "opt-outs.csv"
    file.write_text(f"uin\n{UIN}\n{UIN + 1}\n", encoding="utf-8")
    assert manage("suppressions", "import", file, "--json").status == 0
    assert {row.uin: row.until for row in Suppression.objects.all()} == {UIN: None, UIN + 1: None}


class TestForm:
    """The form of a suppression in the console."""

    @pytest.fixture
    def client(self) -> Client:
        user = get_user_model().objects.create_superuser("op", password="x")
        client = Client()
        client.force_login(user)
        return client

    def add(self, client: Client, **columns: Any) -> Any:
        filled = {"uin": UIN, "contact_list": "", "reason": "by_hand", "source": "", **columns}
        return client.post(reverse("admin:contacts_suppression_add"), filled)

    def test_an_end_is_stored_and_shown(self, client: Client) -> None:
        assert self.add(client, until_0="2999-01-02", until_1="03:04").status_code == 302
        assert ends() is not None
        assert (
            "2999-01-02 03:04"
            in client.get(reverse("admin:contacts_suppression_changelist")).content.decode()
        )

    def test_an_end_in_the_past_is_refused_beside_the_field(self, client: Client) -> None:
        page = self.add(client, until_0="2020-01-02", until_1="03:04")
        assert page.status_code == 200
        assert "is in the past" in page.content.decode()

    def test_a_new_one_takes_the_place_of_one_that_has_ended(self, client: Client) -> None:
        ended(source="old")
        assert self.add(client, source="new").status_code == 302
        row = Suppression.objects.get()
        assert (row.source, row.until) == ("new", None)

    def test_the_filter_of_those_in_force(self, client: Client) -> None:
        ended(source="over and done")
        page = reverse("admin:contacts_suppression_changelist")
        assert "over and done" in client.get(f"{page}?now=ended").content.decode()
        assert "over and done" not in client.get(f"{page}?now=in_force").content.decode()

    def test_one_that_has_ended_can_still_be_edited(self, client: Client) -> None:
        ended(source="old")
        row = Suppression.objects.get()
        assert row.until is not None
        local = timezone.localtime(row.until)
        page = client.post(
            reverse("admin:contacts_suppression_change", args=[row.pk]),
            {
                "uin": UIN,
                "contact_list": "",
                "reason": "by_hand",
                "source": "mended",
                "until_0": f"{local:%Y-%m-%d}",
                "until_1": f"{local:%H:%M:%S}",
            },
        )
        assert page.status_code == 302


def test_an_export_is_read_back_as_it_was(tmp_path: Path) -> None:
    contact_list, soon = make_list("members"), (now() + HOUR).replace(microsecond=5)
    suppress(uins=[UIN], until=soon, source="for an hour")
    suppress(uins=[UIN], contact_list=contact_list)
    ended(UIN + 1)
    manage("suppressions", "export", "--out", str(tmp_path / "all.csv"))
    manage("suppressions", "export", "--out", str(tmp_path / "all.xlsx"))
    for name in ("all.csv", "all.xlsx"):
        answer = manage("suppressions", "import", str(tmp_path / name), "--json").json
        assert (answer["created"], answer["updated"], answer["unchanged"]) == (0, 0, 3)
        assert ends() == soon
        Suppression.objects.all().delete()
        answer = manage("suppressions", "import", str(tmp_path / name), "--json").json
        assert answer["created"] == 3
        assert ends() == soon.replace(microsecond=0)
        assert ends(contact_list=contact_list) is None
        assert Suppression.objects.ended().get().uin == UIN + 1
        Suppression.objects.filter(uin=UIN, contact_list=None).update(until=soon)


@pytest.mark.parametrize(
    ("before", "in_file", "after"),
    [(None, 1, None), (2, 1, 2), (1, 2, 2), (1, None, None), (-1, 1, 1), (-1, None, None)],
)
def test_an_import_never_shortens_one(
    before: int | None, in_file: int | None, after: int | None, tmp_path: Path
) -> None:
    start = now().replace(microsecond=0)

    def at(hours: int | None) -> datetime | None:
        return None if hours is None else start + hours * HOUR

    Suppression.objects.create(uin=UIN, until=at(before))
    file = tmp_path / "some.csv"
    until = at(in_file)
    file.write_text(f"uin,until\n{UIN},{until.isoformat() if until else ''}\n", encoding="utf-8")
    manage("suppressions", "import", str(file), "--json")
    assert ends() == at(after)


@pytest.mark.parametrize(
    ("cell", "hour"),
    [("2099年12月24日", 0), ("2099/12/24", 0), ("20991224", 0), ("2099-12-24 09:00", 9)],
)
def test_an_end_is_read_as_people_write_it(cell: str, hour: int, tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text(f"QQ号,有效期至\n{UIN},{cell}\n", encoding="utf-8")
    assert manage("suppressions", "import", file, "--json").json["created"] == 1
    until = ends()
    assert until is not None
    assert timezone.localtime(until).replace(tzinfo=None) == datetime(2099, 12, 24, hour)


def test_an_end_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text(f"uin,until\n{UIN},next year\n", encoding="utf-8")
    answer = manage("suppressions", "import", file, "--json").json
    assert "line 2" in answer["sentence"]
    assert "next year" in answer["sentence"]
    assert not Suppression.objects.exists()
