"""What uses operators and roles: the audit trail names operators, who are deactivated instead."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.utils.translation import gettext_lazy, ngettext

from audit.models import AuditEntry
from foundation.archiving import Retirement, register_retirement
from foundation.deletion import Uses, quoted_names, register_uses_finder
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def uses_of_user(user: User) -> Uses:
    """Return why an operator is kept: the audit trail names them."""
    entries = AuditEntry.objects.filter(user_id=user.pk).count()
    if entries:
        return Uses(
            blocking=(
                ngettext(
                    "%(n)d entry of the audit trail is by this operator, who has to stay known. "
                    "Deactivate the operator instead.",
                    "%(n)d entries of the audit trail are by this operator, who has to stay known. "
                    "Deactivate the operator instead.",
                    entries,
                )
                % {"n": entries},
            )
        )
    return Uses(losing=(_("What the operator created stays, without a name."),))


def uses_of_group(group: Group) -> Uses:
    """Return the operators who lose the permissions of a role."""
    users = group.user_set.order_by("username")
    if not users.exists():
        return Uses(losing=(_("No operator has this role."),))
    return Uses(
        losing=(
            _("These operators lose its permissions: %(names)s.") % {"names": quoted_names(users)},
        )
    )


def deactivate_user(*, row: User, by: Any = None) -> None:
    """Deactivate an operator: they cannot sign in, and their sessions end.

    Raises:
        Refusal: it is the operator themselves, or they are deactivated already.
    """
    if by is not None and row.pk == by.pk:
        raise Refusal(
            _("You cannot deactivate yourself. Ask another administrator."), code="oneself"
        )
    if not User.objects.filter(pk=row.pk, is_active=True).update(is_active=False):
        raise Refusal(
            _("“%(name)s” is deactivated already.") % {"name": row.get_username()},
            code="deactivated",
        )
    row.is_active = False


def register_uses() -> None:
    """Register what uses operators and roles."""
    register_uses_finder(User, uses_of_user)
    register_uses_finder(Group, uses_of_group)
    register_retirement(
        User,
        Retirement(
            words=gettext_lazy("Deactivate"),
            effect=gettext_lazy(
                "Deactivate instead: the operator cannot sign in, and the log stays."
            ),
            after=gettext_lazy("“%(name)s” is deactivated."),
            do=deactivate_user,
            is_done=lambda row: not row.is_active,
        ),
    )
