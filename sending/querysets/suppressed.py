"""The SQL condition for opted-out people, shared by planning, feed and ledger."""

from __future__ import annotations


def is_suppressed(*, uin: str, run: str) -> str:
    """Return the SQL condition that a person must not get messages of a run.

    It uses the run's own lists, so that editing the campaign does not cancel an opt-out. It looks
    up the UIN in the unique index of suppressions; most people have no row there. An end is
    compared with the database's clock, which SQLite gives in whole seconds, as text like Django's.

    A run of answers may override suppressions. That is looked up only for a person who has one.

    Args:
        uin: the SQL of the person's UIN.
        run: the SQL of the run's key.
    """
    lists = f"SELECT rl.contactlist_id FROM sending_run_lists rl WHERE rl.run_id = {run}"  # noqa: S608
    unless = f"SELECT o.overrides_suppressions FROM sending_run o WHERE o.id = {run}"  # noqa: S608
    return is_suppressed_in(uin=uin, lists=lists, unless=unless)


def is_suppressed_in(*, uin: str, lists: str, unless: str = "") -> str:
    """Return the SQL condition that a person opted out of every campaign or of one of some lists.

    Args:
        uin: the SQL of the person's UIN.
        lists: the SQL of the lists' keys, inside IN ().
        unless: the SQL of a query whose one value says that no suppression holds; "": all hold.
    """
    but = f" AND NOT ({unless})" if unless else ""
    return (
        f"EXISTS (SELECT 1 FROM contacts_suppression s WHERE s.uin = {uin}"  # noqa: S608
        " AND (s.until IS NULL OR s.until > CURRENT_TIMESTAMP)"
        f" AND (s.contact_list_id IS NULL OR s.contact_list_id IN ({lists})){but})"
    )
