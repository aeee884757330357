"""A sequence cannot be approved, so nothing of it is sent where an approval is needed."""

from __future__ import annotations

import pytest

from campaigns.creation.create_sequence import Step, create_sequence
from campaigns.models import Campaign, Sequence
from campaigns.run_control.require_approval import require_approval
from campaigns.sequences.control import start_sequence
from campaigns.sequences.tick import advance_sequences
from foundation.refusals import Refusal
from sending.models import Delivery, Run
from tests.campaigns.factories import make_account, make_list
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture
def sequence() -> Sequence:
    make_account(20_001, friends=range(100_000, 100_009))
    members = make_list("members", [100_000])
    return create_sequence(name="welcome", steps=[Step(0, text="hi")], lists=[members])


def test_it_does_not_start(sequence: Sequence) -> None:
    require_approval(is_required=True)
    said = manage("sequence", "start", "welcome", "--json")
    assert (said.status, said.json["error"]) == (1, "needs_approval")
    assert not Run.objects.exists()
    assert not Campaign.objects.exists()
    require_approval(is_required=False)
    assert manage("sequence", "start", "welcome").status == 0


def test_it_stops_when_approval_is_switched_on(sequence: Sequence) -> None:
    start_sequence(sequence=sequence)
    require_approval(is_required=True)
    make_list("members", [100_001])
    advance_sequences()
    sequence.refresh_from_db()
    assert sequence.state == "stopped"
    assert "needs an approval" in sequence.state_detail
    assert not Delivery.objects.exists()
    with pytest.raises(Refusal) as refusal:
        start_sequence(sequence=sequence)
    assert refusal.value.code == "needs_approval"
    require_approval(is_required=False)
    start_sequence(sequence=sequence)
    advance_sequences()
    advance_sequences()
    assert Delivery.objects.get().uin == 100_001
