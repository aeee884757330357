"""`make torture MUTATIONS=1`: takes out one mechanism at a time; a test must fail each time.

`make torture MUTATIONS=fencing` does so only for mutations whose name begins with that word.

Each mutation is made in a copy of the checkout. First the tests run on the unchanged copy and must
pass. Then each mutation is applied alone, and at least one of its tests must fail. A mutation whose
text is no longer in its file is an error: the mechanism was changed, and the proof that it is
needed is out of date.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.mutated_copy import copied_checkout, replace_once
from tests.servers import running_postgresql

SENDING = "tests/sending"


@dataclass(frozen=True)
class Mutation:
    """The removal of one mechanism.

    Attributes:
        name: the mechanism and what the mutation does to it.
        file, old, new: the text `old`, which must occur once in `file`, is replaced by `new`.
        tests: at least one of these must fail.
        on: the databases it is tried on.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    on: tuple[str, ...] = ("sqlite",)


MUTATIONS = (
    Mutation(
        "write-ahead: the request does not wait for its mark",
        "sending/ledger/ledger.py",
        "        self._requests.append((entry, ticket))\n",
        "        self._requests.append((entry, ticket))\n"
        "        ticket.proved_at = local.elapsed()\n"
        "        ticket.decision = Decision.GRANTED\n"
        "        ticket.release()\n",
        (f"{SENDING}/test_write_ahead.py",),
    ),
    Mutation(
        "fencing: an ended worker may mark",
        "sending/ledger/batch.py",
        "        living_rows = living()\n",
        "        living_rows = living() or [(False,)]\n",
        (f"{SENDING}/test_fencing.py", f"{SENDING}/test_lost_leases.py"),
    ),
    Mutation(
        "fencing: an old token may mark (SQLite)",
        "sending/ledger/sql_sqlite.py",
        "   AND l.account_id = a.account_id AND l.token = a.token AND +l.worker_id = %s\n"
        "   AND acc.id",
        "   AND l.account_id = a.account_id AND +l.worker_id = %s\n   AND acc.id",
        (f"{SENDING}/test_fencing.py", f"{SENDING}/test_lost_leases.py"),
    ),
    Mutation(
        "fencing: a mark and the end of its worker do not wait for each other (PostgreSQL)",
        "sending/ledger/sql_postgresql.py",
        "AND ended_at IS NULL FOR SHARE",
        "AND ended_at IS NULL",
        (f"{SENDING}/test_fencing.py", f"{SENDING}/test_lost_leases.py"),
        ("postgresql",),
    ),
    Mutation(
        "fencing: late results of an ended worker count",
        "sending/ledger/batch.py",
        " if one.to == DeliveryState.SENT]\n",
        "]\n",
        (f"{SENDING}/test_fencing.py", f"{SENDING}/test_lost_leases.py"),
    ),
    Mutation(
        "SEQ replay: an open answer takes a new SEQ",
        "sending/lanes/outcomes.py",
        "    policy, answer = situation.policy, situation.answer\n    if not answer",
        "    return _again(situation)\n"
        "    policy, answer = situation.policy, situation.answer\n    if not answer",
        (f"{SENDING}/test_sending.py",),
    ),
    Mutation(
        "reseeding: after a flush the windows begin empty",
        "accounts/pacing/pace.py",
        "found = self._recent_sends(max(limit for _, limit in limits.windows))",
        "found = []",
        (f"{SENDING}/test_operator_changes.py", "tests/accounts/test_pace.py"),
    ),
    Mutation(
        "planning: a cancel does not wait for the chunk that is being written (PostgreSQL)",
        "campaigns/planning/plan.py",
        'locked = CampaignRun.objects.select_for_update(of=("self", "run")).filter(',
        "locked = CampaignRun.objects.filter(",
        ("tests/campaigns/test_planning_in_turns.py",),
        ("postgresql",),
    ),
    Mutation(
        "planning: a chunk is written although the one before it was not",
        "campaigns/planning/turns.py",
        "                raise Abandoned\n",
        "                pass\n",
        ("tests/campaigns/test_planning_in_turns.py",),
        ("sqlite",),
    ),
    Mutation(
        "planning: a chunk is written for an account that is gone (SQLite)",
        "campaigns/planning/chunk_forms.py",
        "            if cursor.fetchone()[0]:\n                raise Outdated\n",
        "            cursor.fetchone()\n",
        ("tests/campaigns/test_planning_in_turns.py",),
        ("sqlite",),
    ),
    Mutation(
        "planning: a run finishes over late-comers that are being planned (PostgreSQL)",
        "sending/runs/finish.py",
        "        Run.objects.select_for_update().get(pk=run.pk)\n",
        "",
        ("tests/campaigns/test_late_comers.py",),
        ("postgresql",),
    ),
    Mutation(
        "limits: two processes count one person's messages at once (PostgreSQL)",
        "sending/ledger/batch.py",
        "            if marks.people:\n",
        "            if False:\n",
        (f"{SENDING}/test_person_limits.py",),
        ("postgresql",),
    ),
    Mutation(
        "limits: marks of one person in one batch do not see each other",
        "sending/ledger/requested.py",
        "            place = seen[one.limit.contact_id]\n",
        "            place = 0\n",
        (f"{SENDING}/test_person_limits.py",),
    ),
    Mutation(
        "too late: a repeat is granted however old its attempt is (SQLite)",
        "sending/ledger/sql_sqlite.py",
        "t.marked_at < %s,\n",
        "t.marked_at < %s AND FALSE,\n",
        (f"{SENDING}/test_refused_repeats.py",),
    ),
    Mutation(
        "too late: a proof is good for ever",
        "sending/lanes/permit.py",
        "while local.elapsed() - self.proved_at > FRESH_SECONDS:",
        "while False:",
        (f"{SENDING}/test_fencing.py", f"{SENDING}/test_lost_leases.py"),
    ),
    Mutation(
        "opting out: a repeat leaves all the same (SQLite)",
        "sending/ledger/sql_sqlite.py",
        'd.uin = 0 OR {is_suppressed(uin="d.uin", run="r.id")}, r.state',
        "FALSE, r.state",
        (f"{SENDING}/test_refused_repeats.py",),
    ),
    Mutation(
        "cut commits: a mark that was committed is not found again",
        "sending/ledger/batch.py",
        "self._marked_before(marks) if is_again else _no_rows",
        "_no_rows",
        (f"{SENDING}/test_refused_repeats.py",),
    ),
    Mutation(
        "cut commits: forgotten attempts are not searched for",
        "sending/worker/runtime.py",
        "                    self._find_forgotten_attempts()\n",
        "",
        (f"{SENDING}/test_refused_repeats.py",),
    ),
    Mutation(
        "database errors: any error drops the entry",
        "sending/ledger/ledger.py",
        "if not problem.is_shared:",
        "if True:",
        (f"{SENDING}/test_refused_repeats.py",),
    ),
    Mutation(
        "pauses: any wake-up ends them",
        "sending/lanes/pacing.py",
        "        while (left := ends_at - local.elapsed()) > 0:\n            self.wait(left)",
        "        self.wait(ends_at - local.elapsed())",
        (f"{SENDING}/test_outages.py",),
    ),
    Mutation(
        "reservations: an unused one is kept",
        "sending/lanes/sender.py",
        "                self._pacing.release(seq, rate=run.rate)\n",
        "                pass\n",
        (f"{SENDING}/test_reservations.py",),
    ),
    Mutation(
        "logins: all of them go on trying",
        "sending/lanes/gateway_watch.py",
        "return self._path.seconds_to_wait() or self._logins.seconds_to_wait()",
        "return self._path.seconds_to_wait()",
        (f"{SENDING}/test_outages.py",),
    ),
    Mutation(
        "outages: any result ends one",
        "sending/lanes/sender.py",
        "            gateway.note_unanswered(answer.sentence, asked_at=attempt.asked_at)",
        "            gateway.note_answered(is_message=True)",
        (f"{SENDING}/test_outages.py",),
    ),
    Mutation(
        "time: a step of the database's clock is believed",
        "clocks/shared.py",
        "            self._correct(sample)\n",
        "            self._adopt(sample, sample.shared)\n",
        ("tests/clocks/test_shared.py",),
    ),
    Mutation(
        "time: windows go by Redis's own clock",
        "accounts/pacing/pace.py",
        "local latest, now = tonumber(ARGV[2]), tonumber(ARGV[3])",
        "local t = redis.call('TIME')\nlocal latest = t[1] * 1000\nlocal now = latest",
        ("tests/accounts/test_pace.py",),
    ),
    Mutation(
        "texts: the library's lexer reads them",
        "texts/language.py",
        "        return tokenize",
        "        return super().tokenizer()",
        ("tests/texts/test_bounds.py",),
    ),
    Mutation(
        "texts: blocks are not charged for",
        "texts/tags.py",
        "context.budget.charge(self.steps)",
        "context.budget.charge(0)",
        ("tests/texts/test_bounds.py",),
    ),
    Mutation(
        "texts: a value may have any size",
        "texts/bounds.py",
        "            if size > MOST_CHARACTERS:",
        "            if False:",
        ("tests/texts/test_bounds.py",),
    ),
    Mutation(
        "texts: a run goes on however many take too much",
        "sending/runs/costly_texts.py",
        "if self.surplus < MOST_TOO_COSTLY:",
        "if True:",
        (f"{SENDING}/test_costly_texts.py",),
    ),
)


def main() -> int:
    """Try every mutation; return 0 if each makes a test fail."""
    word = os.environ.get("MUTATIONS", "1")
    mutations = [mutation for mutation in MUTATIONS if word in ("1", mutation.name.split(":")[0])]
    tests = sorted({test for mutation in mutations for test in mutation.tests})
    wrong = 0
    with copied_checkout() as copy, running_postgresql() as url:
        databases = {"sqlite": "", "postgresql": url}
        for name, database in databases.items():
            failed = _failures(copy, tests, database)
            _print_line("RED" if failed else "green", f"unchanged, on {name}", failed)
            wrong += bool(failed)
        for mutation in mutations:
            file = copy / mutation.file
            before = file.read_text(encoding="utf-8")
            if not replace_once(file, mutation.old, mutation.new):
                _print_line("MOVED", mutation.name, [f"look for it in {mutation.file}"])
                wrong += 1
                continue
            for name in mutation.on:
                failed = _failures(copy, list(mutation.tests), databases[name])
                wrong += not failed
                _print_line("red" if failed else "GREEN", mutation.name, failed)
            file.write_text(before, encoding="utf-8")
    return 1 if wrong else 0


def _failures(copy: Path, tests: list[str], database: str) -> list[str]:
    """Run tests in the copy; return the names of those that failed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=90", *tests],
        cwd=copy,
        env={**os.environ, "DATABASE_URL": database, "TEST_POSTGRESQL_URL": database},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = re.findall(r"^(?:FAILED|ERROR) \S+::(\S+)", done.stdout, re.MULTILINE)
    if done.returncode and not failed:
        failed = [f"pytest ended with status {done.returncode}: {done.stdout[-300:]}"]
    return failed


def _print_line(colour: str, name: str, failed: list[str]) -> None:
    """Print a line; an unexpected result is in capitals."""
    more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
    print(f"{colour:7} {name}: {', '.join(failed[:3])}{more}", flush=True)
