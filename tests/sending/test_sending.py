"""Each person gets the message once, whatever the gateway does to single requests."""

from __future__ import annotations

import pytest
from django.db import connection

from accounts.models import Account
from contacts.models import Contact
from qqhttp.simulator import GatewaySimulator
from tests.sending.conftest import ACCOUNTS, FRIENDS, Start, assert_exact, is_finished, states_of
from tests.sending.working import LocalWorker, wait_until

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("text", ["hello & 100% = 你好", "{{ uin }}: hello, {{ nickname }}"])
def test_each_person_gets_it_once(
    engine: GatewaySimulator, senders: list[Account], start: Start, text: str
) -> None:
    run = start(accounts=senders, text=text)
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    assert states_of(run) == {"sent": ACCOUNTS * FRIENDS}
    assert_exact(run, engine)


#: Ways in which an answer does not come, and those of them that an exhaustive run tries.
FAULTS = ("empty:after", "reset:before", "hang:after", "close", "lie")
MORE_FAULTS = ("empty:before", "reset:after", "http:before", "http:after,status=503", "hang:before")


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault", [*FAULTS, *(pytest.param(one, marks=pytest.mark.exhaustive) for one in MORE_FAULTS)]
)
def test_a_request_that_goes_wrong_is_asked_again(
    engine: GatewaySimulator, senders: list[Account], start: Start, fault: str
) -> None:
    engine.control.set_faults(f"{fault},command=CLTMSG,count=2")
    run = start(accounts=senders[:1])
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    assert states_of(run) == {"sent": FRIENDS}
    assert_exact(run, engine)


@pytest.mark.one_database
@pytest.mark.parametrize("poison", ["a\0b", "a\ud800b"])
def test_a_text_that_cannot_be_sent_is_skipped_and_blocks_no_other(
    engine: GatewaySimulator, senders: list[Account], start: Start, poison: str
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL does not keep such a value")
    run = start(accounts=senders[:1], text="hi {{ word }}")
    victim = run.deliveries.order_by("pk")[0]
    Contact.objects.update(attributes={"word": "you"})
    Contact.objects.filter(pk=victim.contact_id).update(attributes={"word": poison})
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    victim.refresh_from_db()
    assert (victim.state, victim.reason) == ("skipped", "render_error")
    assert states_of(run) == {"skipped": 1, "sent": FRIENDS - 1}
    assert_exact(run, engine)
