"""The four roles, and which role each permission begins with.

Each role may do what the one before it may, and more:

- *viewer* looks at everything that operators work with, and changes nothing;
- *operator* writes texts, keeps people, campaigns and accounts, sends and answers;
- *approver* also approves campaigns of others, and may let one send in quiet hours;
- *administrator* also keeps the users, the egresses, and the rules that hold for everybody.

A permission belongs to a role by its model. A model without an entry in ADMINISTRATION or ENGINE is
one that operators work with. See docs/roles.md and docs/decisions/0037.
"""

from __future__ import annotations

from enum import IntEnum

from django.utils.translation import gettext_lazy as _


class Role(IntEnum):
    """The roles, each including those before it."""

    VIEWER = 1
    OPERATOR = 2
    APPROVER = 3
    ADMINISTRATOR = 4

    @property
    def key(self) -> str:
        """The name on the command line, in the API and of the role's group."""
        return self.name.lower()

    @property
    def label(self) -> str:
        """The name for people to read."""
        return str(_LABELS[self])

    @property
    def sentence(self) -> str:
        """What the role may do, for people to read."""
        return str(_SENTENCES[self])


_LABELS = {
    Role.VIEWER: _("Viewer"),
    Role.OPERATOR: _("Operator"),
    Role.APPROVER: _("Approver"),
    Role.ADMINISTRATOR: _("Administrator"),
}
_SENTENCES = {
    Role.VIEWER: _("looks at everything that operators work with, and changes nothing"),
    Role.OPERATOR: _("writes texts, keeps people, campaigns and accounts, sends and answers"),
    Role.APPROVER: _("also approves campaigns of others, and may let one send in quiet hours"),
    Role.ADMINISTRATOR: _("also keeps users, egresses and the rules that hold for everybody"),
}
BY_KEY = {role.key: role for role in Role}

#: Models that only administrators see.
HIDDEN = {
    "api.apirequest",
    "api.storedanswer",
    "api.token",
    "audit.auditchange",
    "audit.auditentry",
    "audit.auditpermit",
    "audit.openact",
    "auth.group",
    "auth.user",
    "restrictions.restriction",
    "webhooks.endpoint",
    "webhooks.message",
}
#: Models that everybody sees and only administrators change: rules that hold for everybody, and
#: the addresses from which accounts talk.
ADMINISTRATION = {
    "accounts.egress",
    "campaigns.approvalsettings",
    "campaigns.defaultcap",
    "holds.hold",
    "sending.optoutsettings",
    "sending.quiethours",
    "sending.resultpolicy",
}
#: Models that the engine writes. Nobody changes a row by hand.
ENGINE = {
    "accounts.lease",
    "accounts.outage",
    "accounts.session",
    "accounts.worker",
    "campaigns.accountsofrun",
    "campaigns.reportmail",
    "campaigns.typedstep",
    "retention.removal",
    "sending.runminute",
}
#: Permissions that are not about a model's rows.
EXTRA = {
    "campaigns.approve_campaign": Role.APPROVER,
    "campaigns.override_quiet_hours": Role.APPROVER,
}
#: Apps whose tables no page of the console shows: their permissions belong to no role.
WITHOUT_PAGES = {"admin", "console", "contenttypes", "metrics", "operations", "sessions", "signin"}


def role_of(app: str, codename: str) -> Role | None:
    """Return the first role that has a permission; None: no role has it.

    Args:
        app: the app's label, such as "campaigns".
        codename: the permission's, such as "change_campaign".
    """
    if f"{app}.{codename}" in EXTRA:
        return EXTRA[f"{app}.{codename}"]
    verb, _underscore, model = codename.partition("_")
    name = f"{app}.{model}"
    if app in WITHOUT_PAGES or name == "auth.permission":
        return None
    if model.startswith("historical") or name in ENGINE:
        return Role.VIEWER if verb == "view" else None
    if name in HIDDEN:
        return Role.ADMINISTRATOR
    if verb == "view":
        return Role.VIEWER
    return Role.ADMINISTRATOR if name in ADMINISTRATION else Role.OPERATOR
