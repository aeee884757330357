"""A person's page, suppressing and erasing a person, and conditions on data of other apps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.models import Account, Friend, InboundMessage
from campaigns.models import Campaign, CampaignRun
from contacts.models import Contact, ContactList, Suppression, SuppressionReason
from contacts.people.erase import erase_person
from contacts.people.person_page import person_of
from contacts.segments.preview import preview_segment
from contacts.suppressions import suppress
from foundation.refusals import Refusal
from sending.models import Delivery
from tests.contacts.people import imported

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def account() -> Account:
    return Account.objects.create(uin=20_000, name="Bot")


@pytest.fixture
def run() -> CampaignRun:
    campaign = Campaign.objects.create(name="c", text="hi all")
    return CampaignRun.objects.create(
        campaign=campaign, number=1, text="hi all", promise="never-twice"
    )


def _delivery(run: CampaignRun, uin: int, state: str, **values: object) -> Delivery:
    contact = Contact.objects.get(uin=uin)
    return Delivery.objects.create(run=run, contact=contact, uin=uin, state=state, **values)


def _wrote(account: Account, uin: int, text: str, *, days: float = 0, kind: int = 9) -> None:
    at = timezone.now() - timedelta(days=days)
    place = InboundMessage.objects.count()
    InboundMessage.objects.create(
        account=account, uin=uin, text=text, kind=kind, received_at=at, position=place
    )


def test_a_persons_page_has_lists_suppressions_import_and_sections(
    account: Account, run: CampaignRun
) -> None:
    done = imported("uin,name,city\n10001,One,Bern\n", into="a")
    suppress(uins=[10001], source="letter")
    Friend.objects.create(account=account, uin=10001, nickname="nick")
    _delivery(run, 10001, "sent", account=account, sent_at=timezone.now(), text="hi One")
    person = person_of(contact=Contact.objects.get(uin=10001))
    assert [row.name for row in person.lists] == ["a"]
    assert (person.is_suppressed, person.suppressions[0].source) == (True, "letter")
    assert person.source_import == done
    sections = {section.key: section for section in person.sections}
    assert sections["friends"].rows[0][:2] == (account, "nick")
    assert sections["messages"].rows[0][-1] == "hi One"


def test_suppressing_twice_counts_once_and_an_import_does_not_lift_it() -> None:
    assert suppress(uins=[10001, 10002]) == 2
    assert suppress(uins=[10002, 10003]) == 1
    imported("uin\n10001\n10002\n")
    assert Suppression.objects.count() == 3


def test_erasing_keeps_deliveries_and_deletes_personal_data(
    account: Account, run: CampaignRun
) -> None:
    imported("uin,name\n10001,One\n10002,Two\n")
    imported("uin,name\n10001,Uno\n", into="b")
    Friend.objects.create(account=account, uin=10001, nickname="nick")
    _wrote(account, 10001, "who are you?")
    _wrote(account, 10002, "hello")
    _delivery(run, 10001, "sent", text="hi One")
    _delivery(run, 10002, "sent", text="hi Two")
    erase_person(contact=Contact.objects.get(uin=10001))
    assert list(Delivery.objects.order_by("id").values_list("uin", "contact", "text")) == [
        (0, None, ""),
        (10002, Contact.objects.get().pk, "hi Two"),
    ]
    assert not Friend.objects.exists()
    assert [row.text for row in InboundMessage.objects.all()] == ["hello"]
    assert not ContactList.objects.get(name="b").memberships.exists()
    suppression = Suppression.objects.get()
    assert (suppression.uin, suppression.reason) == (10001, SuppressionReason.ERASED)


def test_an_erased_person_stays_suppressed_after_a_later_import() -> None:
    done = imported("uin,name\n10001,One\n")
    suppress(uins=[10001], contact_list=done.contact_list)
    erase_person(contact=Contact.objects.get())
    imported("uin,name\n10001,One\n", into="b")
    suppression = Suppression.objects.get()
    assert (suppression.uin, suppression.contact_list) == (10001, None)


@pytest.mark.parametrize("state", ["pending", "sending", "unknown"])
def test_erasing_is_refused_while_a_delivery_is_not_settled(run: CampaignRun, state: str) -> None:
    imported("uin,name\n10001,One\n")
    _delivery(run, 10001, state)
    with pytest.raises(Refusal) as refusal:
        erase_person(contact=Contact.objects.get())
    assert refusal.value.code == "open_delivery"
    assert Contact.objects.get().name == "One"


def test_conditions_on_friends_and_deliveries(account: Account, run: CampaignRun) -> None:
    imported("uin\n10001\n10002\n10003\n")
    Friend.objects.create(account=account, uin=10001)
    Friend.objects.create(account=account, uin=10002, ended_at=timezone.now())
    _delivery(run, 10001, "sent", sent_at=timezone.now())
    _delivery(run, 10002, "sent", sent_at=timezone.now() - timedelta(days=9))
    _delivery(run, 10003, "failed")

    def found(**condition: object) -> list[int]:
        return [person.uin - 10_000 for person in preview_segment(conditions=condition).sample]

    assert found(kind="friend_of", accounts=[20_000]) == [1]
    assert found(kind="friend_of", accounts=[]) == [1]
    assert found(kind="friend_of", accounts=[20_001]) == []
    assert found(kind="last_written", **{"is": "less_than", "days": 3}) == [1]
    assert found(kind="last_written", **{"is": "more_than", "days": 3}) == [2]
    assert found(kind="last_written", **{"is": "never"}) == [3]
    assert found(kind="never_reached") == [3]


def test_sent_and_received_messages_are_in_order_of_time(
    account: Account, run: CampaignRun
) -> None:
    imported("uin\n10001\n10002\n")
    CampaignRun.objects.update(planned_at=timezone.now() - timedelta(days=9))
    _delivery(run, 10001, "sent", sent_at=timezone.now() - timedelta(days=3), text="hello")
    again = CampaignRun.objects.create(
        campaign=run.campaign, number=2, text="again", state="finished"
    )
    _delivery(again, 10001, "failed", text="not sent")
    _wrote(account, 10001, "first", days=8)
    _wrote(account, 10001, "and?", days=2)
    _wrote(account, 10001, "am I your friend?", days=2, kind=2)
    _wrote(account, 10002, "somebody else")
    person = person_of(contact=Contact.objects.get(uin=10001))
    (section,) = [section for section in person.sections if section.key == "messages"]
    assert [row[-1] for row in section.rows] == [
        "not sent",
        "am I your friend?",
        "and?",
        "hello",
        "first",
    ]
    assert [strip_tags(str(row[3])) for row in section.rows] == [
        "failed",
        "asks to be a friend",
        "received",
        "sent",
        "received",
    ]
    assert section.is_complete


def test_conditions_on_replies(account: Account) -> None:
    imported("uin\n10001\n10002\n10003\n10004\n")
    _wrote(account, 10001, "now")
    _wrote(account, 10002, "then", days=9)
    _wrote(account, 10003, "let me in", kind=2)

    def found(condition: object) -> list[int]:
        return [person.uin - 10_000 for person in preview_segment(conditions=condition).sample]

    within: dict[str, object] = {"kind": "replied", "is": "less_than", "days": 3}
    assert found({"kind": "replied"}) == [1, 2]
    assert found({"kind": "replied", "is": "ever"}) == [1, 2]
    assert found({"kind": "replied", "is": "never"}) == [3, 4]
    assert found({"not": {"kind": "replied"}}) == [3, 4]
    assert found(within) == [1]
    assert found({"not": within}) == [2, 3, 4]
    assert found({**within, "is": "more_than"}) == [2]
    for nonsense in ({"is": "often"}, {"is": "less_than"}, {"is": "less_than", "days": "x"}):
        with pytest.raises(Refusal):
            found({"kind": "replied", **nonsense})
