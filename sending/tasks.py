"""Celery tasks of sending. They are wake-ups: losing or repeating one does no harm."""

from __future__ import annotations

from celery import shared_task

from accounts.inbound_handlers import handle_those_left
from accounts.wake_ups import is_stale
from clocks import shared
from holds.models import is_held
from sending.friend_schedule import ask_of_friends as request_what_is_due
from sending.reconcile import reconcile as put_right
from sending.status_schedule import follow_schedules as follow_all
from sending.worker import signals as signals  # Celery's signals start and end the runtime
from sending.worker.open_lane import run_lane_for
from sending.worker.runtime import current_runtime


@shared_task(name="sending.tasks.run_lane", Strategy="sending.worker.wake_ups:run_in_pool")
def run_lane(account_id: int, asked_at: float) -> None:
    """Run the lane of an account for a slice, if its lease is free."""
    runtime = current_runtime()
    if runtime is not None and not is_stale(asked_at):
        run_lane_for(account_id=account_id, runtime=runtime)


@shared_task(name="sending.tasks.reconcile")
def reconcile() -> None:
    """Repair the effects of a crash or a lost wake-up; called by beat at intervals."""
    shared.observe()
    if not is_held():
        put_right()


@shared_task(name="sending.tasks.ask_of_friends")
def ask_of_friends() -> None:
    """Tick: have accounts ask the gateway of their friends."""
    shared.observe()
    if not is_held():
        request_what_is_due()


@shared_task(name="sending.tasks.follow_schedules")
def follow_schedules() -> None:
    """Tick: have accounts show what their schedules say, and log in and out by them."""
    shared.observe()
    if not is_held():
        follow_all()


@shared_task(name="sending.tasks.handle_inbound")
def handle_inbound() -> None:
    """Tick: handle inbound messages that could not be handled when they were stored."""
    if not is_held():
        handle_those_left()
