"""Whether somebody opted out: one condition for whoever picks, marks and plans in SQL."""

from __future__ import annotations


def is_suppressed(*, uin: str, run: str) -> str:
    """Return the SQL that tells whether a person may not be written to by a run.

    The lists are the run's own: an edit of the campaign does not lift an opt-out. A look-up by UIN
    in the unique index of suppressions; most people have no row there.

    Args:
        uin: the SQL of the person's UIN.
        run: the SQL of the run's key, or a placeholder for it.
    """
    return (
        f"EXISTS (SELECT 1 FROM contacts_suppression s WHERE s.uin = {uin}"  # noqa: S608
        " AND (s.contact_list_id IS NULL OR s.contact_list_id IN ("
        "SELECT rl.contactlist_id FROM sending_run_lists rl"
        f" WHERE rl.run_id = {run})))"
    )
