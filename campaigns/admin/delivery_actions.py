"""What an operator says of unknown deliveries, and what becomes of them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.models import Delivery
from campaigns.services.lifecycle import resolve_unknown
from campaigns.states import DeliveryState
from foundation.admin import confirmation
from foundation.refusals import Refusal


class DeliveryActions:
    """Mixed into the delivery's admin: the three words on an unknown delivery."""

    actions = ["say_arrived", "say_lost", "send_again"]

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        """Who may say what became of a delivery, though nobody may edit its row."""
        return bool(request.user.has_perm("campaigns.change_delivery"))

    @admin.action(description=gettext_lazy("It was seen arriving"), permissions=["resolve"])
    def say_arrived(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> Any:
        """The chosen unknown deliveries arrived."""
        return self._resolve(request, queryset, DeliveryState.SENT)

    @admin.action(description=gettext_lazy("It did not arrive"), permissions=["resolve"])
    def say_lost(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> Any:
        """The chosen unknown deliveries did not arrive."""
        return self._resolve(request, queryset, DeliveryState.FAILED)

    @admin.action(description=gettext_lazy("Send again"), permissions=["resolve"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> Any:
        """Send the chosen unknown deliveries again, once the risk is accepted."""
        if request.POST.get("is_confirmed"):
            return self._resolve(request, queryset, DeliveryState.PENDING)
        chosen = list(queryset.values_list("pk", flat=True))
        return confirmation(
            request,
            self,
            title=_("Send again?"),
            sentences=[
                ngettext(
                    "%(n)d person may get the message twice: nobody knows whether the first "
                    "one arrived.",
                    "%(n)d people may get the message twice: nobody knows whether the first "
                    "ones arrived.",
                    len(chosen),
                )
                % {"n": len(chosen)}
            ],
            verb=_("Send again"),
            back=f"{reverse('admin:campaigns_delivery_changelist')}?state__exact=unknown",
            hidden=[
                ("action", "send_again"),
                ("is_confirmed", "1"),
                *((ACTION_CHECKBOX_NAME, pk) for pk in chosen),
            ],
        )

    def _resolve(
        self, request: HttpRequest, queryset: QuerySet[Delivery], to: str
    ) -> HttpResponse | None:
        # The list's own order and columns are no part of which rows are meant.
        chosen = Delivery.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))
        try:
            count = resolve_unknown(deliveries=chosen, to=to, by=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return HttpResponseRedirect(request.get_full_path())
        if count:
            messages.success(request, _said(to, count))
        else:
            messages.warning(request, _("None of the chosen deliveries is unknown."))
        return None


def _said(to: str, count: int) -> str:
    if to == DeliveryState.SENT:
        sentence = ngettext(
            "%(n)d delivery counts as sent now.", "%(n)d deliveries count as sent now.", count
        )
    elif to == DeliveryState.FAILED:
        sentence = ngettext(
            "%(n)d delivery counts as failed now.", "%(n)d deliveries count as failed now.", count
        )
    else:
        sentence = ngettext(
            "%(n)d delivery is sent again.", "%(n)d deliveries are sent again.", count
        )
    return sentence % {"n": count}
