"""A run that fails is stopped with a sentence; the other runs continue in the same tick."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from campaigns.models import CampaignRun
from campaigns.planning.reroute import reroute_stopped_accounts
from campaigns.run_control.lifecycle import resume_run
from campaigns.tasks import advance_all_runs, advance_run
from contacts.models import Segment
from sending.models import Delivery
from sending.runs.finish import finish_runs_that_are_done
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run
from tests.console.sample_data import make_operator

pytestmark = pytest.mark.both_databases

PEOPLE = range(100_000, 100_004)
NONSENSE = {"kind": "attribute", "name": "city", "is": "like", "value": "SECRET"}


def a_run(name: str, state: str = RunState.SCHEDULED, **columns: Any) -> CampaignRun:
    campaign = make_campaign(name, lists=[make_list(name, PEOPLE)], **columns)
    return make_run(campaign, state=state, starts_at=timezone.now())


def a_bad_run(name: str) -> CampaignRun:
    """Make a run that cannot be planned: its segment is nonsense."""
    run = a_run(name)
    run.segments.add(Segment.objects.create(name=f"segment of {name}", conditions=NONSENSE))
    return run


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_every_stopped_run_is_on_the_front_page(client: Client) -> None:
    make_account(friends=PEOPLE)
    first = a_bad_run("first")
    for name in "abcd":
        a_run(name, RunState.RUNNING)
    CampaignRun.objects.filter(state=RunState.RUNNING).transition(to=RunState.STOPPED)
    advance_all_runs()
    client.force_login(make_operator())
    page = client.get("/").content.decode()
    assert f"/campaigns/campaign/{first.campaign_id}/page/" in page
    assert "segment of first" in page
    assert "2 more runs stopped themselves." in page


def states() -> dict[str, str]:
    return dict(CampaignRun.objects.values_list("campaign__name", "state"))


@contextmanager
def broken(run: CampaignRun) -> Iterator[None]:
    """Make the database refuse every figure of a run with an error about the row."""
    with connection.cursor() as cursor:
        cursor.execute(_trigger(run, error="ROW"))
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TRIGGER refuse"
            + (" ON sending_tally" if connection.vendor == "postgresql" else "")
        )


def _trigger(run: CampaignRun, *, error: str) -> str:
    if connection.vendor == "postgresql":
        code = {"ROW": "22000", "READ_ONLY": "25006"}[error]
        return f"""
            CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.run_id = {run.pk} THEN
                    RAISE EXCEPTION 'SECRET' USING ERRCODE = '{code}';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON sending_tally
            FOR EACH ROW EXECUTE FUNCTION refuse();
        """
    return f"""
        CREATE TRIGGER refuse BEFORE INSERT ON sending_tally WHEN NEW.run_id = {run.pk}
        BEGIN SELECT RAISE(ABORT, 'SECRET'); END
    """


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_a_scheduled_run_that_cannot_be_planned_delays_no_other(client: Client) -> None:
    make_account(friends=PEOPLE)
    good, bad, also_good = a_run("a"), a_bad_run("b"), a_run("c")
    advance_all_runs()
    assert states() == {"a": "running", "b": "stopped", "c": "running"}
    bad.refresh_from_db()
    assert "segment of b" in bad.state_detail
    assert bad.events.filter(state=RunState.STOPPED).count() == 1
    assert Delivery.objects.filter(run__in=[good, also_good], state="pending").count() == 8


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("clean_redis")
def test_a_programming_error_is_logged_once_with_its_place_and_without_values(
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_account(friends=PEOPLE)
    bad = a_run("b")
    a_run("c")
    with broken(bad):
        for _tick in range(3):
            advance_all_runs()
    assert states() == {"b": "stopped", "c": "running"}
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    said = record.getMessage()
    assert f"Run {bad.pk}" in said
    assert "plan.py" in said
    assert "SECRET" not in said
    bad.refresh_from_db()
    assert "a program error" in bad.state_detail
    assert "SECRET" not in bad.state_detail
    resume_run(run=bad)
    advance_all_runs()
    assert states()["b"] == "running"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("clean_redis")
def test_an_outage_of_the_database_stops_no_run() -> None:
    make_account(friends=PEOPLE)
    a_run("a")
    with read_only():
        advance_all_runs()
        assert states() == {"a": "scheduled"}
    advance_all_runs()
    assert states() == {"a": "running"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("clean_redis")
def test_if_one_run_fails_the_others_continue_in_the_same_tick() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("a trigger of SQLite has no error code of its own")
    make_account(friends=PEOPLE)
    held_up = a_run("a")
    a_run("b")
    with connection.cursor() as cursor:
        cursor.execute(_trigger(held_up, error="READ_ONLY"))
        advance_all_runs()
        assert states() == {"a": "preparing", "b": "running"}
        cursor.execute("DROP TRIGGER refuse ON sending_tally")
    advance_all_runs()
    assert states() == {"a": "running", "b": "running"}


@contextmanager
def read_only() -> Iterator[None]:
    """Make the database refuse all writes, as in a switchover."""
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(
            "SET default_transaction_read_only = on" if is_postgresql else "PRAGMA query_only = 1"
        )
        yield
        cursor.execute(
            "SET default_transaction_read_only = off" if is_postgresql else "PRAGMA query_only = 0"
        )


@pytest.mark.django_db(transaction=True)
def test_a_run_that_fails_at_a_wake_up_is_stopped_like_at_a_tick() -> None:
    make_account(friends=PEOPLE)
    bad = a_bad_run("b")
    CampaignRun.objects.filter(pk=bad.pk).transition(to=RunState.PREPARING)
    advance_run(bad.pk)
    assert states() == {"b": "stopped"}


@pytest.mark.django_db(transaction=True)
def test_if_rerouting_one_run_fails_the_others_are_rerouted() -> None:
    gone, other = make_account(20_001, friends=PEOPLE), make_account(20_002, friends=PEOPLE)
    runs = [a_run(name, on_lost_account="fail") for name in "ab"]
    advance_all_runs()
    CampaignRun.objects.update(on_lost_account="fail")
    Delivery.objects.update(account=gone)
    other.friends.all().delete()
    type(gone).objects.filter(pk=gone.pk).update(state="quarantined")
    with broken(runs[0]):
        reroute_stopped_accounts()
    assert states() == {"a": "stopped", "b": "running"}
    assert runs[1].deliveries.filter(state="failed", reason="no_account").count() == 4
    runs[0].refresh_from_db()
    assert "Moving its messages" in runs[0].state_detail


@pytest.mark.django_db(transaction=True)
def test_if_finishing_one_run_fails_the_others_finish() -> None:
    runs = [a_run(name, RunState.RUNNING) for name in "ab"]
    event = _event_trigger(runs[0])
    with connection.cursor() as cursor:
        cursor.execute(event[0])
        finish_runs_that_are_done(run_ids=[run.pk for run in runs])
        cursor.execute(event[1])
    assert states() == {"a": "stopped", "b": "finished"}


def _event_trigger(run: CampaignRun) -> tuple[str, str]:
    """Return the SQL that makes the database refuse a run's finish, and the SQL that ends it."""
    when = f"NEW.id = {run.pk} AND NEW.state = 'finished'"
    if connection.vendor == "postgresql":
        return (
            f"""
            CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF {when} THEN RAISE EXCEPTION 'SECRET' USING ERRCODE = '22000'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER refuse BEFORE UPDATE ON sending_run
            FOR EACH ROW EXECUTE FUNCTION refuse();
            """,
            "DROP TRIGGER refuse ON sending_run",
        )
    return (
        f"CREATE TRIGGER refuse BEFORE UPDATE ON sending_run WHEN {when} "
        "BEGIN SELECT RAISE(ABORT, 'SECRET'); END",
        "DROP TRIGGER refuse",
    )
