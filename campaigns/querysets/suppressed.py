"""Whether somebody opted out: one condition for whoever picks, marks and plans in SQL."""

from __future__ import annotations


def is_suppressed(*, uin: str, campaign: str) -> str:
    """Return the SQL that tells whether a person may not be written to by a campaign.

    A look-up by UIN in the unique index of suppressions; most people have no row there.

    Args:
        uin: the SQL of the person's UIN.
        campaign: the SQL of the campaign's key, or a placeholder for it.
    """
    return (
        f"EXISTS (SELECT 1 FROM contacts_suppression s WHERE s.uin = {uin}"  # noqa: S608
        " AND (s.contact_list_id IS NULL OR s.contact_list_id IN ("
        "SELECT cl.contactlist_id FROM campaigns_campaign_lists cl"
        f" WHERE cl.campaign_id = {campaign})))"
    )
