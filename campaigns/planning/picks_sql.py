"""The statements that pick an account for each person: two forms with the same result."""

from __future__ import annotations

from django.db import connection

from accounts.models import Account
from campaigns.planning.choice_sql import (
    WORKS,
    group_turn_sql,
    groups_sql,
    seconds_sql,
    share_sql,
)
from campaigns.planning.rules import PlanRules

#: With more accounts, SQLite looks the speed of each up instead of reading all of them at once.
_MOST_SPEEDS = 1_000

# MATERIALIZED, so that the audience is evaluated once, and before any friendship is looked up,
# whatever the conditions of its segments are; and so that no choice of a text is computed twice.
# Of a person's rows, the first is the pick. A person without friendships has one row without an
# account.
_PICKS = """
WITH {speeds}{parts}people AS MATERIALIZED (
    SELECT p.id, p.uin, p.rank, {suppressed} AS is_suppressed, {kept} AS kept,
           {over_limit} AS over_limit, {text_number} AS text_number, {held_out} AS is_held_out,
           {rest} AS is_rest
      FROM {people} p),
friendships AS (
    SELECT p.*, a.id AS account_id, f.account_id IS NOT NULL AS has_friend, {chance} AS chance,
           ROW_NUMBER() OVER (PARTITION BY p.id
               ORDER BY a.id IS NULL, {turns}, a.id) AS choice
      FROM people p
      LEFT JOIN accounts_friend f ON f.uin = p.uin AND f.ended_at IS NULL AND {may_send}
      LEFT JOIN {speed_of_friend}
)
SELECT id, uin, rank, account_id AS friend, {account} AS picked_account, is_suppressed, has_friend,
       kept, over_limit, text_number, is_held_out, is_rest
  FROM friendships WHERE choice = 1
"""
# SQLite: each person's friendships are read by a look-up that keeps the best one as it goes. The
# window above would write all of them down and sort them, which takes longer than the insert. The
# limits only keep SQLite from computing a column again wherever it is used. `found` is NULL without
# a friend, and -1 if no account of a friend works.
_LEAN_PICKS = """
WITH {speeds}{parts}people AS (
    SELECT p.id, p.uin, p.rank, {suppressed} AS is_suppressed, {kept} AS kept,
           {over_limit} AS over_limit, {text_number} AS text_number, {held_out} AS is_held_out,
           {rest} AS is_rest
      FROM {people} p LIMIT -1),
friendships AS (SELECT p.*, {chance} AS chance, {found} AS found FROM people p LIMIT -1)
SELECT id, uin, rank, account_id AS friend, {account} AS picked_account, is_suppressed,
       found IS NOT NULL AS has_friend, kept, over_limit, text_number, is_held_out, is_rest
  FROM (SELECT *, NULLIF(found, -1) AS account_id FROM friendships) friendships
 WHERE id IS NOT NULL
"""
# Without groups of senders, the turn alone decides.
_BEST = """
(SELECT COALESCE(best, -1)
   FROM (SELECT a.id AS best, MIN({turn}) AS turn, COUNT(*) AS friends
           FROM accounts_friend f LEFT JOIN {speeds_of_accounts} a ON a.id = f.account_id
          WHERE f.uin = p.uin AND f.ended_at IS NULL AND {may_send})
  WHERE friends > 0)
"""
_BEST_OF_GROUPS = """
(SELECT COALESCE(best, -1)
   FROM (SELECT a.id AS best, {group_turn} AS group_turn, {turn} AS turn
           FROM accounts_friend f LEFT JOIN {speeds_of_accounts} a ON a.id = f.account_id {groups}
          WHERE f.uin = p.uin AND f.ended_at IS NULL AND {may_send})
  ORDER BY best IS NULL, group_turn, turn, best LIMIT 1)
"""
# Who wrote to the person last comes before all others, which then need not be read.
_KEPT_OR_BEST = """
CASE WHEN p.kept IS NOT NULL AND {kept_may_send} AND EXISTS (
          SELECT 1 FROM accounts_friend f CROSS JOIN accounts_account a
           WHERE f.account_id = p.kept AND f.uin = p.uin AND f.ended_at IS NULL
             AND a.id = p.kept AND {works})
     THEN p.kept ELSE {best} END
"""
# PostgreSQL caches an account's speed and groups between friends (Memoize). For a join of several
# tables, it does so only if the join is a subquery of its own, which OFFSET 0 makes it.
_SPEED_OF_FRIEND = """LATERAL (
          SELECT a.id, {seconds} AS seconds{group_columns}
            FROM accounts_account a LEFT JOIN accounts_lease l ON l.account_id = a.id {groups}
           WHERE a.id = f.account_id AND {works} OFFSET 0) a ON TRUE
"""
_SPEEDS = """(SELECT a.id, {seconds} AS seconds
    FROM accounts_account a LEFT JOIN accounts_lease l ON l.account_id = a.id WHERE {works})"""


def picks_form(rules: PlanRules, *, run: int) -> str:
    """Return the form of the statement for a run's rules.

    What `campaigns.planning.plan_sql` fills in: parts, people, suppressed, kept, over_limit,
    text_number, held_out, rest, chance, account.

    Args:
        rules: the rules.
        run: the number that seeds the choice.
    """
    # Weighted rendezvous hashing: each account of which a person is a friend comes first with a
    # probability proportional to its speed, independently for each person. So the load is spread by
    # pace without counters, and planning the same run again gives the same plan.
    friendship = share_sql(f"p.uin * 69621 + f.account_id * 1140671485 + {run}")
    turn = f"-LN({friendship}) * a.seconds"
    groups = groups_sql(rules.senders)
    filled = {"may_send": rules.senders.may_send("f.account_id"), "turn": turn, "groups": groups}
    if connection.vendor == "postgresql":
        speed = _SPEED_OF_FRIEND.format(
            seconds=seconds_sql(),
            works=WORKS,
            groups=groups,
            group_columns=", g.key, g.share" if groups else "",
        )
        turns = _turns(rules, group_turn=group_turn_sql(rules.senders, run=run, g="a"), turn=turn)
        return _filled(_PICKS, **filled, turns=turns, speeds="", speed_of_friend=speed)
    group_turn = group_turn_sql(rules.senders, run=run, g="g")
    speeds = _SPEEDS.format(seconds=seconds_sql(), works=WORKS)
    speeds_part = ""
    if Account.objects.count() <= _MOST_SPEEDS:
        speeds, speeds_part = "speeds", f"speeds AS MATERIALIZED {speeds},\n"
    filled |= {"speeds": speeds_part, "group_turn": group_turn}
    if not _is_lean():
        turns = _turns(rules, group_turn=group_turn, turn=turn)
        speed = f"{speeds} a ON a.id = f.account_id{groups}"
        return _filled(_PICKS, **filled, turns=turns, speed_of_friend=speed)
    found = _BEST_OF_GROUPS if groups else _BEST
    if rules.keeps_senders:
        may_send = rules.senders.may_send("p.kept")
        found = _filled(_KEPT_OR_BEST, best=found, kept_may_send=may_send, works=WORKS)
    return _filled(_filled(_LEAN_PICKS, found=found), **filled, speeds_of_accounts=speeds)


def _turns(rules: PlanRules, *, group_turn: str, turn: str) -> str:
    """Return the terms by which a person's accounts are ordered, in the window."""
    terms = [term for term in (group_turn, turn) if term]
    if rules.keeps_senders:
        # Who wrote to the person last comes first, and no other number is computed for this one.
        terms = [f"CASE WHEN a.id = p.kept THEN -1 ELSE {term} END" for term in terms]
    return ", ".join(terms)


def _is_lean() -> bool:
    """Return whether look-ups take the place of the window. A test compares both on SQLite."""
    return connection.vendor == "sqlite"


def _filled(form: str, **pieces: str) -> str:
    for name, piece in pieces.items():
        form = form.replace("{" + name + "}", piece)
    return form
