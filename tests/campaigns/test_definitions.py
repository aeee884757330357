"""Definitions as a whole: cloned, and exported to a file that another installation imports."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.pools import create_pool
from campaigns.creation.create_campaign import create_campaign
from campaigns.creation.notification_choice import CampaignChoice, choice_of
from campaigns.creation.pace import Pace
from campaigns.creation.planning_choices import PlanningChoices
from campaigns.creation.pool_shares import PoolChoices
from campaigns.creation.variants import NewVariant
from campaigns.definitions.clone import OWN_COLUMNS, clone_campaign
from campaigns.definitions.document import LARGEST, read_document
from campaigns.definitions.export import definition_of, export_definition, written_yaml
from campaigns.definitions.import_file import import_definition
from campaigns.earlier_people import EarlierPeople
from campaigns.models import Campaign, MessageTemplate
from campaigns.notifications.choose import choose_for_campaign
from campaigns.writing.templates import create_template
from clocks import shared
from contacts.models import ContactList, Segment
from contacts.segments.where import parse_where
from foundation.caps import Cap
from foundation.refusals import Refusal
from foundation.weekly import read_windows
from labels.models import Label
from tests.campaigns.factories import china, make_account, make_campaign, make_list, make_run
from tests.commandline import manage
from tests.examples import examples

pytestmark = pytest.mark.django_db


def full_campaign() -> Campaign:
    """Return a campaign whose every field says something."""
    vip, lost = make_list("VIP", [100_001], points=3), make_list("lost", [100_002])
    earlier = make_campaign("winter", lists=[vip])
    make_run(earlier)
    segment = Segment.objects.create(
        name="昆明的人", conditions=parse_where("city = 昆明 and in list:VIP")
    )
    label = Label.objects.create(name="促销")
    pools = [create_pool(name=name) for name in ("老号", "新号")]
    template = create_template(
        name="问候", texts={"": "你好 {{ name }}\n  第二行\n", "en": "hello\n", "pt-br": "olá"}
    )
    return create_campaign(
        name="春节 “一”: #1",
        lists=[vip],
        excluded_lists=[lost],
        segments=[segment],
        template=template,
        accounts=[make_account(20_001), make_account(20_002)],
        pools=PoolChoices(pools, {str(pools[0].pk): 2.5}),
        labels=[label],
        needs_approval=True,
        starts_at=shared.wall() + timedelta(days=1),
        windows=read_windows(["mon-fri=09:00-11:30,14:00-18:00"]),
        repeat="weekly@mon,thu 09:00",
        repeat_until=shared.wall() + timedelta(days=90),
        holidays=china(),
        late="move",
        deadline_after=4 * 3600,
        overrides_quiet_hours=True,
        timezone="America/New_York",
        promise="never-missed",
        allows_strangers=True,
        on_lost_account="wait",
        pace=Pace(per_minute=30, priority=7),
        planning=PlanningChoices(
            sender="spread",
            order="attribute",
            order_attribute="points",
            order_descending=True,
            cap=Cap(2, 7 * 86_400),
            cap_label=label,
            online_within=6 * 3600,
            once_across=[earlier],
            earlier=[EarlierPeople(earlier.pk, 1, "sent")],
            excluded_earlier=[EarlierPeople(earlier.pk, None, "failed")],
        ),
    )


def _refused(data: str | bytes, **options: Any) -> Refusal:
    before = [model.objects.count() for model in (Campaign, Segment, MessageTemplate)]
    with pytest.raises(Refusal) as refusal:
        import_definition(data=data.encode() if isinstance(data, str) else data, **options)
    assert [model.objects.count() for model in (Campaign, Segment, MessageTemplate)] == before
    return refusal.value


def test_a_clone_has_the_whole_definition_and_nothing_of_the_life() -> None:
    original = full_campaign()
    make_run(original)
    Campaign.objects.filter(pk=original.pk).update(
        archived_at=shared.wall(), schedule_state="on", dates_passed=3
    )
    original.refresh_from_db()
    copy = Campaign.objects.get(pk=clone_campaign(campaign=original, name="次").pk)
    assert definition_of(copy) == {**definition_of(original), "name": "次"}
    assert {name: getattr(copy, name) for name in OWN_COLUMNS} == OWN_COLUMNS
    assert not copy.runs.exists()
    same = set(Campaign._meta.concrete_fields) - {
        Campaign._meta.get_field(name)
        for name in ("id", "name", "name_key", "created_by", "created_at", *OWN_COLUMNS)
    }
    for field in same:
        assert getattr(copy, field.attname) == getattr(original, field.attname), field.name
    assert copy.history.exists()


TOLD = CampaignChoice(
    ["finished", "late"], ["a@example.com", "b@example.com"], "https://example.com/x", "s" * 20, 25
)


def test_whom_a_campaign_tells_is_cloned_and_survives_the_file() -> None:
    original = full_campaign()
    choose_for_campaign(campaign=original, choice=TOLD)
    copy = clone_campaign(campaign=original, name="次")
    assert choice_of(copy.notification_settings) == TOLD
    written = export_definition(original)
    assert TOLD.webhook_secret not in written
    assert "notifications:\n  events:\n  - finished\n  - late\n" in written
    read = import_definition(data=written.encode(), name="三")
    told = choice_of(read.notification_settings)
    assert replace(told, webhook_secret=TOLD.webhook_secret) == TOLD
    assert len(told.webhook_secret) > 20
    assert told.webhook_secret != TOLD.webhook_secret
    assert definition_of(read) == {**definition_of(original), "name": "三"}


def test_wrong_notifications_of_a_file_are_named_with_their_line() -> None:
    make_list("all", [100_001])
    said = _refused(
        "version: 1\nname: x\ntext: hi\nlists: [all]\nnotifications:\n  events: [ended]\n"
        "  addresses: [nobody]\n  webhook: http://127.0.0.1/\n  bad_share: 0\n  secret: x\n"
    )
    assert [(one["line"], one["field"], one["error"]) for one in said.details["problems"]] == [
        (6, "notifications.events", "event_unknown"),
        (7, "notifications.addresses", "address"),
        (8, "notifications.webhook", "private_address"),
        (9, "notifications.bad_share", "bad_share"),
        (10, "notifications.secret", "malformed"),
    ]
    nobody = User.objects.create_user("nobody")
    said = _refused(
        "version: 1\nname: x\ntext: hi\nlists: [all]\nnotifications: {events: [late]}", by=nobody
    )
    assert said.details["problems"][0]["error"] == "no_right"


def test_a_clone_leaves_out_moments_that_are_past() -> None:
    original = full_campaign()
    Campaign.objects.update(starts_at=shared.wall() - timedelta(days=1))
    said = manage("campaign", "clone", original.name, "次", "--json").json
    assert said["dropped"] == ["starts_at"]
    copy = Campaign.objects.get(pk=said["id"])
    assert (copy.starts_at, copy.repeat_until) == (None, original.repeat_until)


def test_a_taken_name_is_refused_with_one_that_is_free() -> None:
    make_campaign("spring")
    make_campaign("Spring (2)")
    said = manage("campaign", "clone", "spring", "ＳＰＲＩＮＧ", "--json")
    assert (said.status, said.json["error"]) == (1, "name_taken")
    assert said.json["suggested"] == "ＳＰＲＩＮＧ (3)"
    assert Campaign.objects.count() == 2


def test_exported_imported_and_exported_again_is_identical(tmp_path: Path) -> None:
    original = full_campaign()
    file, again = tmp_path / "one.yaml", tmp_path / "two.yaml"
    assert manage("campaign", "export", original.name, "--out", file).status == 0
    original.delete()
    Segment.objects.all().delete()
    MessageTemplate.objects.all().delete()
    said = manage("campaign", "import", file, "--json")
    assert said.status == 0, said
    assert manage("campaign", "export", said.json["campaign"], "--out", again).status == 0
    assert again.read_bytes() == file.read_bytes()
    assert b"\\u" not in file.read_bytes()  # people read it


def test_variants_are_cloned_and_survive_the_file() -> None:
    template = create_template(name="问候", texts={"": "hi"})
    original = create_campaign(
        name="spring",
        lists=[make_list("VIP", [100_001])],
        variants=[NewVariant("A", 1, "a\n"), NewVariant("B", 3, template=template)],
        holdout=Decimal("12.5"),
    )
    copy = clone_campaign(campaign=original, name="copy")
    assert definition_of(copy) == {**definition_of(original), "name": "copy"}
    written = export_definition(original)
    copy.delete()
    original.delete()
    assert export_definition(import_definition(data=written.encode())) == written


def test_what_is_missing_is_named_and_nothing_is_created() -> None:
    original = full_campaign()
    original.segments.clear()
    written = export_definition(original)
    lines = written.splitlines()
    original.delete()
    Segment.objects.all().delete()
    MessageTemplate.objects.all().delete()
    ContactList.objects.all().delete()
    written = written.replace("20002", "20009").replace("winter", "autumn")
    refusal = _refused(written.replace("老号", "旧号").replace("促销", "推广"))
    assert refusal.code == "missing"
    for name in ("VIP", "lost", "20009", "autumn", "旧号", "推广"):
        assert name in refusal.sentence
    for problem in refusal.details["problems"]:
        assert problem["line"] <= len(lines)
    by_error = {problem["error"]: problem["line"] for problem in refusal.details["problems"]}
    assert "20002" in lines[by_error["account_unknown"] - 1]


def test_a_template_or_segment_that_differs_is_not_overwritten() -> None:
    original = full_campaign()
    written = export_definition(original)
    original.delete()
    MessageTemplate.objects.update(text="other")
    Segment.objects.update(conditions=parse_where("city = 大理"))
    refusal = _refused(written)
    errors = {problem["error"] for problem in refusal.details["problems"]}
    assert errors == {"template_differs", "segment_differs"}
    assert MessageTemplate.objects.get().text == "other"


GOOD = "version: 1\nname: spring\ntext: hi\nlists:\n- VIP\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GOOD + "timezone: Asia/Beijng\n", 6, "time zone"),
        (GOOD + "strangers: maybe\n", 6, "true, false"),
        (GOOD + "promise: always\n", 6, "never-twice"),
        (GOOD + "acounts:\n- 1\n", 6, "accounts"),
        (GOOD + "accounts: 20001\n", 6, "list"),
        (GOOD + "accounts:\n- 20001\n- abc\n", 8, ""),
        (GOOD + "windows: 9-5-3\n", 6, ""),
        (GOOD + "starts_at: 2020-01-01T00:00:00Z\n", 6, "past"),
        (GOOD + "starts_at: tomorrow\n", 6, "cannot be read"),
        (GOOD + "deadline: 4 weeks\n", 6, "deadline"),
        (GOOD + "repeat: sometimes\n", 6, ""),
        (GOOD + "cap: 2/7d\n", 6, "Fields"),
        (GOOD + "cap:\n  messages: 2\n", 7, "number"),
        (GOOD + "cap: {messages: 2, days: 7, label: nope}\n", 6, "nope"),
        (GOOD + "labels:\n- nope\n", 7, "nope"),
        (GOOD + "pools:\n- name: nope\n", 7, "nope"),
        (GOOD + "pools:\n- share: 3\n", 7, ""),
        (GOOD + "needs_approval: maybe\n", 6, "true, false"),
        (GOOD + "name: again\n", 6, "second time"),
        (GOOD + "segments:\n- name: x\n  where: city ==== y\n", 8, ""),
        (GOOD + "template:\n  name: x\n  text: '{{'\n", 8, ""),
        (GOOD.replace("hi", "'{{ nope }}'"), 3, "nope"),
        (GOOD.replace("version: 1", "version: 2"), 1, "version"),
        ("name: spring\n", 1, "version"),
        (GOOD + "x: !!python/object:os.system {}\n", 6, ""),
        (GOOD + "x: &a [1]\ny: *a\n", 6, "not supported"),
        (GOOD + "---\nversion: 1\n", 6, "second document"),
        (GOOD + "x: [1\n", 7, ""),
        ("- 1\n", 1, "Fields"),
        ("", 1, "Fields"),
        ("[" * 10_000, 1, "deeply"),
    ],
)
def test_a_wrong_field_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    make_list("VIP", [100_001])
    make_account(20_001)
    refusal = _refused(text)
    problems = refusal.details.get("problems") or [{"line": refusal.details["line"]}]
    assert line in {problem["line"] for problem in problems}, refusal.sentence
    assert words in refusal.sentence


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"a" * (LARGEST + 1), "file_too_large"),
        (b"name: \xff\xfe", "file_malformed"),
        (b"name: \x00", "file_malformed"),
        (b'name: "\\ud800"', "file_malformed"),
        (b'name: "\\UFFFFFFFF"', "file_malformed"),
    ],
)
def test_what_is_no_definition_is_refused(data: bytes, code: str) -> None:
    assert _refused(data).code == code


def test_a_definition_without_the_right_to_its_parts_is_refused(django_user_model: Any) -> None:
    original = full_campaign()
    written = export_definition(original)
    original.delete()
    Segment.objects.all().delete()
    by = django_user_model.objects.create_user("op")
    refusal = _refused(written, by=by)
    assert {problem["error"] for problem in refusal.details["problems"]} == {"no_right"}


@settings(max_examples=examples(200), deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_text_survives_the_file(text: str) -> None:
    fields = read_document(written_yaml({"text": text, "names": [text]}).encode())
    assert fields.values["text"].text == text  # type: ignore[union-attr]
    assert [value.text for value in fields.values["names"].values] == [text]  # type: ignore


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet="[]{}:-,&*!|>'\" \nab1#%@`?", max_size=60))
def test_no_bytes_make_the_reader_fail(data: bytes | str) -> None:
    with suppress(Refusal):
        read_document(data.encode() if isinstance(data, str) else data)
