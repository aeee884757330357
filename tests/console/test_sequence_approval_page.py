"""The approval page of a sequence: what is asked for, the decision, and who may make it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from campaigns.creation.create_sequence import create_sequence
from campaigns.creation.sequence_steps import Step
from campaigns.models import Sequence
from campaigns.run_control.require_approval import require_approval
from campaigns.sequences.control import start_sequence
from tests.campaigns.factories import make_account, make_list

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture
def sequence() -> Sequence:
    make_account(20_001, friends=range(100_000, 100_009))
    author = User.objects.create_user("author", is_staff=True, is_superuser=True)
    found = create_sequence(
        name="welcome",
        steps=[Step(0, text="hello there"), Step(86_400, "not-replied", text="still there?")],
        lists=[make_list("members", [100_000])],
        by=author,
    )
    require_approval(is_required=True)
    start_sequence(sequence=found, by=author)
    return found


@pytest.fixture
def second() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("second", is_staff=True, is_superuser=True))
    return client


def _page(sequence: Sequence) -> str:
    return reverse("admin:campaigns_sequence_approval", args=[sequence.pk])


def _decide(sequence: Sequence, verb: str) -> str:
    return reverse("admin:campaigns_sequence_decide", args=[sequence.pk, verb])


def test_it_shows_what_is_asked_for_and_approves_it(sequence: Sequence, second: Client) -> None:
    front = second.get(reverse("admin:index")).content.decode()
    assert "“welcome” waits for your approval" in front
    assert _page(sequence) in front
    page = second.get(_page(sequence)).content.decode()
    for words in (
        "hello there",
        "still there?",
        "members",
        "at once",
        "after 1 day",
        "who did not reply",
    ):
        assert words in page
    seen = sequence.approvals.get().hash
    answer = second.post(_decide(sequence, "approve"), {"hash": seen, "comment": "fine"})
    assert answer.status_code == 302
    sequence.refresh_from_db()
    assert sequence.state == "running"
    assert "fine" in second.get(_page(sequence)).content.decode()


def test_what_was_changed_meanwhile_is_said_and_cannot_be_approved(
    sequence: Sequence, second: Client
) -> None:
    seen = sequence.approvals.get().hash
    sequence.steps.filter(number=1).update(text="something else")
    assert "was changed since then" in second.get(_page(sequence)).content.decode()
    answer = second.post(_decide(sequence, "approve"), {"hash": seen}, follow=True)
    assert "was changed since then" in answer.content.decode()
    sequence.refresh_from_db()
    assert sequence.state == "awaiting"
    page = second.get(reverse("admin:campaigns_sequence_page", args=[sequence.pk]))
    assert "Ask again" in page.content.decode()


def test_its_author_cannot_decide(sequence: Sequence) -> None:
    client = Client()
    client.force_login(User.objects.get(username="author"))
    page = client.get(_page(sequence)).content.decode()
    assert "Ask a second person" in page
    assert _decide(sequence, "approve") not in page
    client.post(_decide(sequence, "approve"), {"hash": sequence.approvals.get().hash})
    sequence.refresh_from_db()
    assert sequence.state == "awaiting"


def test_it_is_sent_back(sequence: Sequence, second: Client) -> None:
    second.post(_decide(sequence, "reject"), {"comment": "too long"})
    sequence.refresh_from_db()
    assert sequence.state == "draft"
    page = second.get(reverse("admin:campaigns_sequence_page", args=[sequence.pk]))
    assert "too long" in page.content.decode()
