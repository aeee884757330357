"""The list of egresses with their workers and accounts, and the form of one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import Account, Egress, Lease, Worker
from foundation.admin import ConsoleAdmin, NamedMixin


@admin.register(Egress)
class EgressAdmin(NamedMixin, ConsoleAdmin):
    """Egresses. A worker announces its egress at its start; an operator may limit it here."""

    list_display = ["name", "life", "address", "per_second", "bound", "pinned", "is_enabled"]
    list_filter = ["is_enabled"]
    search_fields = ["name", "source_address", "proxy"]
    fields = ["name", "source_address", "proxy", "per_second", "is_enabled"]
    empty_sentence = _(
        "A worker announces its egress when it starts. Start one with `manage.py up`, or name an "
        "egress here first to pin accounts to it."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Egress]:
        """Return the egresses with the numbers of living workers, bound and pinned accounts."""
        leases = Lease.objects.filter(egress=OuterRef("pk")).order_by().values("egress")
        pinned = Account.objects.filter(egress=OuterRef("pk")).order_by().values("egress")
        return (
            super()
            .get_queryset(request)
            .annotate(
                living=Count("workers", filter=Q(workers__in=Worker.objects.living())),
                bound_count=Subquery(leases.annotate(n=Count("pk")).values("n")),
                pinned_count=Subquery(pinned.annotate(n=Count("pk")).values("n")),
            )
        )

    @display(description=_("worker"), label={"yes": "success", "no": "danger"})
    def life(self, egress: Any) -> tuple[str, Any]:
        """Return whether the egress has a living worker."""
        return ("yes", _("living")) if egress.living else ("no", _("none"))

    @display(description=_("talks from"))
    def address(self, egress: Egress) -> Any:
        """Return the proxy or the source address."""
        return egress.proxy or egress.source_address or _("the host's own address")

    @display(description=_("accounts now"), ordering="bound_count")
    def bound(self, egress: Any) -> int:
        """Return the number of accounts that are bound to the egress now."""
        return egress.bound_count or 0

    @display(description=_("pinned accounts"), ordering="pinned_count")
    def pinned(self, egress: Any) -> int:
        """Return the number of accounts that are pinned to the egress."""
        return egress.pinned_count or 0
