"""Latency from the start of a run to its first message, and from a pause to the last message.

The worker, the jobs worker and beat run. All times are of the same clock.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any

from django.conf import settings

from benchmarks.fixtures import engine_worker, is_ready, make_accounts, make_campaign, make_list
from benchmarks.processes import running, wait_until
from campaigns.run_control.lifecycle import cancel_run, pause_run, start_campaign
from qqcampaign.stack.process_specs import beat_spec, jobs_spec
from qqhttp.simulator import SimulatorProcess


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Start, pause and cancel some runs; return their latencies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=50)
    parser.add_argument("--friends", type=int, default=200)
    parser.add_argument("--gap", type=float, default=0.2)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args(arguments)
    home = settings.QQCAMPAIGN_HOME
    with contextlib.ExitStack() as stack:
        gateway = stack.enter_context(
            SimulatorProcess(accounts=given.accounts, friends=given.friends, latency=0.02)
        )
        make_accounts(count=given.accounts, friends=given.friends, min_interval=given.gap)
        people = make_list(people=given.accounts * given.friends)
        stack.enter_context(engine_worker(gateway=gateway.url, lanes=given.accounts + 20))
        for spec in (jobs_spec(egress=settings.EGRESS_NAME), beat_spec(home=home)):
            stack.enter_context(running(spec.argv, log=home / f"{spec.name}.log"))
        wait_until(lambda: is_ready(home / "jobs.log"), what="the jobs worker", seconds=120)
        firsts, steps, after_pause, most = [], [], [], 0
        for repeat in range(given.repeats):
            gateway.control.reset()
            campaign = make_campaign(people=people, name=f"latency {repeat}")
            clicked = time.time()
            run = start_campaign(campaign=campaign)
            made = time.time()
            wait_until(
                lambda: gateway.control.figures().arrived > 0, what="the first message", seconds=30
            )
            firsts.append(gateway.control.messages()[0].at - clicked)
            run.refresh_from_db()
            assert run.planned_at is not None
            steps.append(
                {
                    "made": round(made - clicked, 3),
                    "planned": round(run.planned_at.timestamp() - clicked, 3),
                    "first": round(firsts[-1], 3),
                }
            )
            time.sleep(1.0)
            run.refresh_from_db()
            pause_run(run=run)
            paused = time.time()
            time.sleep(max(1.5, 4 * given.gap))
            late = Counter(m.uin for m in gateway.control.iter_messages() if m.at > paused)
            after_pause.append(sum(late.values()))
            most = max([most, *late.values()])
            cancel_run(run=run)
    return {
        "accounts": given.accounts,
        "steps": steps,
        "start_to_first_median": round(median(firsts), 3),
        "after_pause": after_pause,
        "after_pause_of_one_account": most,
    }
