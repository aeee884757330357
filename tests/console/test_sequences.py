"""Sequences in the console and on the command line: create, start, stop, figures with rows."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from accounts.pools import create_pool
from campaigns.models import Campaign, Sequence
from campaigns.sequence_states import END
from campaigns.sequences.tick import advance_sequences
from contacts.models import ContactList, Segment
from contacts.segments.where import parse_where
from foundation.admin.inline_edits import SEEN
from tests.campaigns.factories import make_account, make_list
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
PEOPLE = range(100_000, 100_004)


@pytest.fixture(autouse=True)
def members() -> ContactList:
    make_account(20_001, friends=PEOPLE)
    return make_list("all", PEOPLE[:2])


def filled(members: ContactList, *steps: tuple[str, str], **columns: Any) -> dict[str, Any]:
    """Return what the form of a new sequence sends."""
    data: dict[str, Any] = {
        "name": "welcome",
        "lists": [members.pk],
        "timezone": "Asia/Shanghai",
        "stops_on_reply": "on",
        "steps-TOTAL_FORMS": len(steps),
        "steps-INITIAL_FORMS": 0,
    }
    for number, (wait, text) in enumerate(steps):
        data |= {
            f"steps-{number}-number": number + 1,
            f"steps-{number}-wait": wait,
            f"steps-{number}-only_if": "any",
            f"steps-{number}-text": text,
        }
    return data | columns


def address(name: str, *args: object) -> str:
    return reverse(f"admin:campaigns_sequence_{name}", args=args)


def test_it_is_made_and_started_in_the_browser(operator: Client, members: ContactList) -> None:
    assert (
        "A sequence writes to each person" in operator.get(address("changelist")).content.decode()
    )
    assert operator.get(address("add")).status_code == 200
    made = operator.post(address("add"), filled(members, ("0m", "hi"), ("1d", "still there?")))
    sequence = Sequence.objects.get()
    assert made.headers["Location"] == address("page", sequence.pk)
    assert [step.wait_seconds for step in sequence.steps.all()] == [0, 86_400]
    assert operator.get(address("do", sequence.pk, "start")).status_code == 200
    operator.post(address("do", sequence.pk, "start"))
    make_list("all", [PEOPLE[3]])
    assert advance_sequences() == 1
    page = operator.get(address("page", sequence.pk)).content.decode()
    assert "Step 2" in page
    for link in set(re.findall(r'class="q-figure[^"]*" href="([^"]+)"', page)):
        shown = operator.get(link.replace("&amp;", "&"))
        assert shown.status_code == 200, link
    people = operator.get(reverse("admin:campaigns_sequenceperson_changelist")).content.decode()
    assert str(PEOPLE[3]) in people
    # After the start it is not edited, and its step is not started by itself.
    assert operator.post(address("change", sequence.pk), filled(members)).status_code == 403
    campaign = Campaign.objects.get(name="welcome · 1")
    operator.post(reverse("admin:campaigns_campaign_do", args=[campaign.pk, "cancel"]))
    for verb, state in (("stop", "stopped"), ("continue", "running"), ("end", "ended")):
        operator.post(address("do", sequence.pk, verb))
        sequence.refresh_from_db()
        assert sequence.state == state


@pytest.mark.parametrize(
    ("steps", "columns", "sentence"),
    [
        ([], {}, "needs at least one step"),
        ([("0m", "")], {}, "needs a text or a template"),
        ([("soon", "hi")], {}, "cannot be read"),
        ([("0m", "{{ nobody_has_this }}")], {}, "nobody_has_this"),
        ([("0m", "hi")], {"lists": []}, "Choose who enters"),
        ([("0m", "hi")], {"steps-0-number": 2}, "Number the steps"),
    ],
)
def test_a_sequence_that_cannot_work_is_refused(
    operator: Client,
    members: ContactList,
    steps: list[tuple[str, str]],
    columns: dict[str, Any],
    sentence: str,
) -> None:
    shown = operator.post(address("add"), filled(members, *steps, **columns))
    assert shown.status_code == 200
    assert sentence in shown.content.decode()
    assert not Sequence.objects.exists()


def test_steps_change_places(operator: Client, members: ContactList) -> None:
    manage("sequence", "create", "w", "--list", "all", "--step", "0m=hi", "--step", "1d=again")
    sequence = Sequence.objects.get()
    steps = list(sequence.steps.order_by("number"))
    data = filled(members, ("0m", "hi"), ("1d", "again"), name="w") | {"steps-INITIAL_FORMS": 2}
    shown = operator.get(address("change", sequence.pk))
    assert f'name="steps-0-{SEEN}"' in shown.content.decode()
    forms = shown.context["inline_admin_formsets"][0].formset.initial_forms
    for place, step in enumerate(steps):
        data |= {f"steps-{place}-id": step.pk, f"steps-{place}-sequence": sequence.pk}
        data[f"steps-{place}-{SEEN}"] = forms[place].initial[SEEN]
    data |= {"steps-0-number": 2, "steps-1-number": 1}
    answer = operator.post(address("change", sequence.pk), data)
    assert answer.status_code == 302, (
        answer.context["errors"],
        answer.context["inline_admin_formsets"][0].formset.errors,
    )
    texts = sequence.steps.order_by("number").values_list("number", "text")
    assert list(texts) == [(1, "again"), (2, "hi")]
    data |= {"steps-0-number": 1, "steps-1-number": 1}
    assert (
        "Number the steps" in operator.post(address("change", sequence.pk), data).content.decode()
    )


def test_branches_are_made_in_the_form_and_shown_in_words(
    operator: Client, members: ContactList
) -> None:
    vip = Segment.objects.create(name="VIP", conditions=parse_where("city = 昆明"))
    steps = (("0m", "hi"), ("5h", "vip"), ("0m", "others"), ("1d", "bye"))
    data = filled(members, *steps, stops_on_reply="")
    data |= {"steps-1-only_if": "segment", "steps-1-segment": vip.pk, "steps-1-then_to": "4"}
    data |= {"steps-2-only_if": "replied", "steps-2-else_to": "0"}
    # What the condition does not need is not shown, and not stored.
    data |= {"steps-0-else_to": "3", "steps-2-segment": vip.pk}
    operator.post(address("add"), data)
    sequence = Sequence.objects.get()
    assert list(
        sequence.steps.order_by("number").values_list("only_if", "segment", "then_to", "else_to")
    ) == [
        ("any", None, None, None),
        ("segment", vip.pk, 4, None),
        ("replied", None, None, END),
        ("any", None, None, None),
    ]
    delete = reverse("admin:contacts_segment_delete", args=[vip.pk])
    assert "These sequences need it" in operator.get(delete).content.decode()
    operator.post(address("do", sequence.pk, "start"))
    page = operator.get(address("page", sequence.pk)).content.decode()
    assert "then to step 4" in page
    assert "the others: the end" in page
    definition = operator.get(address("change", sequence.pk)).content.decode()
    for words in ("5 h", "step 4", "the end", "who is in the segment"):
        assert words in definition
    assert 'name="steps-4-text"' not in definition  # no empty step to fill in
    (_first, second, *_rest) = manage("sequence", "status", "welcome", "--json").json["steps"]
    assert (second["segment"], second["then"], second["else"]) == ("VIP", 4, None)
    wrong = data | {"name": "w", "steps-2-only_if": "any", "steps-0-then_to": "4"}
    assert "Nobody can come to step 2" in operator.post(address("add"), wrong).content.decode()


def test_a_viewer_changes_nothing(client: Client, members: ContactList) -> None:
    manage("sequence", "create", "w", "--list", "all", "--step", "0m=hi")
    sequence = Sequence.objects.get()
    user = User.objects.create_user("viewer", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_sequence"))
    client.force_login(user)
    page = client.get(address("page", sequence.pk))
    assert page.status_code == 200
    assert "/do/start/" not in page.content.decode()
    for verb in ("start", "stop", "end"):
        assert client.get(address("do", sequence.pk, verb)).status_code == 403
        assert client.post(address("do", sequence.pk, verb)).status_code == 403
    assert client.post(address("change", sequence.pk), filled(members)).status_code == 403
    sequence.refresh_from_db()
    assert sequence.state == "draft"


def test_the_command_creates_starts_and_shows(members: ContactList) -> None:
    made = manage(
        "sequence", "create", "w", "--list", "all", "--step", "0m=hi, {{ name }}", "--step",
        "1d?not-replied=still there = ok?", "--window", "09:00-20:00", "--existing", "--json",
    )  # fmt: skip
    assert made.status == 0, made
    assert [step["wait"] for step in made.json["steps"]] == ["0m", "1d"]
    assert manage("sequence", "start", "w").status == 0
    advance_sequences()
    status = manage("sequence", "status", "w", "--json").json
    assert status["state"] == "running"
    assert status["people"] == {"entered": 2, "active": 2, "finished": 0, "stopped": 0}
    first, second = status["steps"]
    assert (first["entered"], first["pending"], first["sent"], first["replied"]) == (2, 2, 0, 0)
    assert (second["only_if"], second["waiting"]) == ("not-replied", 0)
    assert manage("sequence", "list", "--json").json["items"][0]["name"] == "w"
    again = manage("sequence", "start", "w", "--json")
    assert (again.status, again.json["error"]) == (1, "wrong_state")
    assert manage("sequence", "stop", "w").status == 0
    assert manage("sequence", "end", "w", "--json").json["state"] == "ended"


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["--list", "all"], 2, None),
        (["--step", "0m=hi"], 2, None),
        (["--list", "all", "--step", "hi"], 1, "step_malformed"),
        (["--list", "all", "--step", "1w=hi"], 1, "step_malformed"),
        (["--list", "all", "--step", "900d=hi"], 1, "step_malformed"),
        (["--list", "all", "--step", "1d?opened=hi"], 1, "step_malformed"),
        (["--list", "all", "--step", "1d?segment=hi"], 1, "step_malformed"),
        (["--list", "all", "--step", "1d?replied:x=hi"], 1, "step_malformed"),
        (["--list", "all", "--step", "1d,then:next=hi"], 1, "step_malformed"),
        (["--list", "all", "--step", "1d?segment:none=hi"], 1, "segment_unknown"),
        (["--list", "all", "--step", "0m?replied=hi"], 1, "no_message_before"),
        (["--list", "all", "--step", "0m=hi", "--step", "1d?replied=hi"], 1, "reply_ends_it"),
        (["--list", "all", "--step", "0m,else:end=hi"], 1, "no_others"),
        (["--list", "all", "--step", "0m,then:2=hi"], 1, "step_target"),
        (["--list", "all", "--step", "0m,then:0=hi"], 1, "step_target"),
        (["--list", "all", "--step", "0m,then:end=hi", "--step", "0m=2"], 1, "step_unreachable"),
        (["--list", "all", "--step", "0m="], 1, "text_missing"),
        (["--list", "all", "--step-template", "0m=none"], 1, "template_unknown"),
        (["--list", "none", "--step", "0m=hi"], 1, "list_unknown"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], status: int, code: str | None) -> None:
    made = manage("sequence", "create", "w", *arguments, "--json")
    assert made.status == status, made
    if code is not None:
        assert made.json["error"] == code
    assert not Sequence.objects.exists()


def test_what_a_sequence_needs_is_not_deleted(operator: Client, members: ContactList) -> None:
    manage("sequence", "create", "w", "--list", "all", "--step", "0m=hi")
    delete = reverse("admin:contacts_contactlist_delete", args=[members.pk])
    assert "These sequences need it" in operator.get(delete).content.decode()
    operator.post(delete, {"post": "yes"})
    assert ContactList.objects.filter(pk=members.pk).exists()


def test_it_has_pools_and_is_archived(operator: Client, members: ContactList) -> None:
    pool = create_pool(name="new", accounts=[Account.objects.get()])
    operator.post(address("add"), filled(members, ("0m", "hi"), pools=[pool.pk]))
    sequence = Sequence.objects.get()
    assert list(sequence.pools.all()) == [pool]
    chosen = {"action": "archive", "_selected_action": [sequence.pk]}
    operator.post(address("changelist"), chosen)
    listed = address("page", sequence.pk)
    operator.get(address("changelist"))  # reads the message
    assert listed not in operator.get(address("changelist")).content.decode()
    assert "Archived since" in operator.get(listed).content.decode()
    assert manage("sequence", "list", "--json").json["items"] == []
    items = manage("sequence", "list", "--archived", "--json").json["items"]
    assert [one["name"] for one in items] == ["welcome"]
    operator.post(address("restore", sequence.pk))
    sequence.refresh_from_db()
    assert sequence.archived_at is None
    made = manage(
        *("sequence", "create", "two", "--list", "all", "--pool", "new", "--step", "0m=hi"),
        "--json",
    )
    assert made.status == 0, made
    assert list(Sequence.objects.get(name="two").pools.all()) == [pool]
    assert manage("sequence", "archive", "two", "--json").json["archived_at"] is not None
    assert manage("sequence", "restore", "two", "--json").json["archived_at"] is None
    assert manage("sequence", "restore", "two", "--json").json["error"] == "not_archived"
    assert manage("sequence", "start", "two", "--json").status == 0
    assert manage("sequence", "archive", "two", "--json").json["error"] == "in_use"


def test_every_figure_of_it_leads_to_its_rows(operator: Client, members: ContactList) -> None:
    operator.post(address("add"), filled(members, ("0m", "hi"), includes_existing="on"))
    sequence = Sequence.objects.get()
    operator.post(address("do", sequence.pk, "start"))
    advance_sequences()
    page = operator.get(address("page", sequence.pk)).content.decode()
    figures = re.findall(r'class="q-figure" (?:href="([^"]*)")?><b>(\d+)</b>', page)
    assert len(figures) == page.count('class="q-figure"') >= 11
    way = re.findall(r'class="q-link" href="([^"#]+)"><b>(\d+)</b>', page)
    assert len(way) == 5  # entered, waiting, sent, replied, finished
    figures += way
    for link, n in figures:
        shown = operator.get(html.unescape(link))
        assert shown.context["cl"].queryset.count() == int(n), link


def test_who_passed_a_step_over_is_a_figure_with_rows(
    operator: Client, members: ContactList
) -> None:
    none = Segment.objects.create(name="none", conditions=parse_where("city = 昆明"))
    data = filled(members, ("0m", "hi"), ("1d", "bye"), includes_existing="on")
    data |= {"steps-0-only_if": "segment", "steps-0-segment": none.pk, "steps-0-else_to": "0"}
    operator.post(address("add"), data)
    sequence = Sequence.objects.get()
    operator.post(address("do", sequence.pk, "start"))
    advance_sequences()
    page = operator.get(address("page", sequence.pk)).content.decode()
    found = re.findall(r'href="([^"]+past=1[^"]*|[^"]+step__exact=1[^"]*)"><b>(\d+)</b>', page)
    counts = {n for _link, n in found}
    # Waiting and passed over twice, on the line and on the card; finished here once.
    assert (len(found), counts) == (5, {"2", "0"})
    for link, n in found:
        shown = operator.get(html.unescape(link))
        assert shown.context["cl"].queryset.count() == int(n), link
    first, second = manage("sequence", "status", "welcome", "--json").json["steps"]
    assert (first["passed"], first["ends"], second["passed"]) == (2, {"finished": 2}, 0)
