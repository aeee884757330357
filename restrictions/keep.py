"""Restrict a user to labels and pools, and lift that."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.pools import find_pools
from foundation.acts import say
from foundation.refusals import Refusal
from labels.labelling import find_labels
from restrictions.models import Restriction
from users.keep import find_user, role_of_user
from users.roles import Role


def restrict(name: str, *, labels: Sequence[str], pools: Sequence[str]) -> Restriction:
    """Restrict a user to the accounts and lists of labels and pools, in place of earlier ones.

    Raises:
        Refusal: there is no such user, label or pool, none is named, or the user keeps the
            installation.
    """
    user = find_user(name=name)
    if user.is_superuser or role_of_user(user) == Role.ADMINISTRATOR:
        raise Refusal(
            _("“%(name)s” is an administrator, who keeps the whole installation.")
            % {"name": user.username},
            code="administrator",
        )
    if not labels and not pools:
        raise Refusal(_("Name at least one label or pool."), code="no_scope")
    found_labels, found_pools = find_labels(names=list(labels)), find_pools(names=list(pools))
    with transaction.atomic():
        made, _is_new = Restriction.objects.get_or_create(user=user)
        made.labels.set(found_labels)
        made.pools.set(found_pools)
    say(_("%(name)s is restricted.") % {"name": user.username}, about=user)
    return made


def lift(name: str) -> None:
    """Let a user see the whole installation again.

    Raises:
        Refusal: there is no such user, or they are not restricted.
    """
    user = find_user(name=name)
    count, _rows = Restriction.objects.filter(user=user).delete()
    if not count:
        raise Refusal(
            _("“%(name)s” is not restricted.") % {"name": user.username}, code="not_restricted"
        )
    say(_("%(name)s is no longer restricted.") % {"name": user.username}, about=user)
