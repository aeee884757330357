"""The actions on deliveries: resolve unknown ones, and retry the selected ones."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldBooleanSwitchWidget

from campaigns.admin.delivery_story import back_of, place_of
from campaigns.run_control.lifecycle import resolve_unknown
from campaigns.run_control.retry import RETRYABLE_STATES, retry_selected
from foundation.admin import confirmation, require
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.states import DeliveryState

#: The verdicts on one unknown delivery: label, resulting state, explanation.
VERDICTS: dict[str, tuple[Any, str, Any]] = {
    "arrived": (
        gettext_lazy("It arrived"),
        DeliveryState.SENT,
        gettext_lazy("It counts as sent, in the figures and in the report."),
    ),
    "lost": (
        gettext_lazy("It did not arrive"),
        DeliveryState.FAILED,
        gettext_lazy("It counts as failed. Retrying failed deliveries sends it again."),
    ),
    "again": (
        gettext_lazy("Send again"),
        DeliveryState.PENDING,
        gettext_lazy("The person may get the message twice: the first one may have arrived."),
    ),
}


#: In place of a verdict: the retry of one that failed.
RETRY = "retry"
RETRY_SENTENCE = gettext_lazy("It failed, and is sent again in its turn under a new SEQ.")


class UnknownToo(forms.Form):
    """Whether unknown deliveries are retried with the failed ones."""

    has_unknown = forms.BooleanField(
        label=gettext_lazy("Also those whose result is unknown"),
        help_text=gettext_lazy("These people may get the message twice."),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )


class DeliveryActions:
    """Mixin of DeliveryAdmin: the three verdicts on an unknown delivery, and the retry."""

    actions = ["say_arrived", "say_lost", "send_again", "retry_selected"]

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        """Whether the user may resolve deliveries, whose rows are otherwise read-only."""
        return bool(request.user.has_perm("sending.change_delivery"))

    @admin.action(description=gettext_lazy("It arrived"), permissions=["resolve"])
    def say_arrived(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> Any:
        """Resolve the selected unknown deliveries as arrived."""
        return self._resolve(request, queryset, DeliveryState.SENT)

    @admin.action(description=gettext_lazy("It did not arrive"), permissions=["resolve"])
    def say_lost(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> Any:
        """Resolve the selected unknown deliveries as not arrived."""
        return self._resolve(request, queryset, DeliveryState.FAILED)

    @admin.action(description=gettext_lazy("Send again"), permissions=["resolve"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> Any:
        """Send the selected unknown deliveries again after a confirmation."""
        if request.POST.get("is_confirmed"):
            return self._resolve(request, queryset, DeliveryState.PENDING)
        chosen = list(queryset.values_list("pk", flat=True))
        return confirmation(
            request,
            self,
            title=_("Send again?"),
            sentences=[
                ngettext(
                    "%(n)d person may get the message twice: it is unknown whether the "
                    "first message arrived.",
                    "%(n)d people may get the message twice: it is unknown whether the "
                    "first messages arrived.",
                    len(chosen),
                )
                % {"n": len(chosen)}
            ],
            verb=_("Send again"),
            back=f"{reverse('admin:sending_delivery_changelist')}?state__exact=unknown",
            hidden=[
                ("action", "send_again"),
                ("is_confirmed", "1"),
                *((ACTION_CHECKBOX_NAME, pk) for pk in chosen),
            ],
        )

    @admin.action(description=gettext_lazy("Retry"), permissions=["resolve"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> Any:
        """Send the selected failed deliveries again after a confirmation that counts them."""
        chosen = Delivery.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))
        if request.POST.get("is_confirmed"):
            self._retry(request, chosen, has_unknown=bool(request.POST.get("has_unknown")))
            return HttpResponseRedirect(request.get_full_path())
        states = Counter(chosen.values_list("state", flat=True))
        if not any(states[state] for state in RETRYABLE_STATES):
            messages.warning(
                request, _("None of the selected deliveries failed: there is nothing to retry.")
            )
            return None
        return confirmation(
            request,
            self,
            title=_("Retry the selected deliveries?"),
            sentences=_retry_sentences(states),
            verb=_("Retry"),
            back=request.get_full_path(),
            is_dangerous=bool(states[DeliveryState.UNKNOWN]),
            hidden=[
                ("action", "retry_selected"),
                ("is_confirmed", "1"),
                *((ACTION_CHECKBOX_NAME, pk) for pk in chosen.values_list("pk", flat=True)),
            ],
            form=UnknownToo() if states[DeliveryState.UNKNOWN] else None,
        )

    def get_urls(self) -> list[URLPattern]:
        """Add the page of each verdict on one delivery, and of its retry."""
        resolve = self.admin_site.admin_view(self.resolve_view)  # type: ignore[attr-defined]
        address = "<int:object_id>/resolve/<slug:verdict>/"
        own = [path(address, resolve, name="sending_delivery_resolve")]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def resolve_view(self, request: HttpRequest, object_id: int, verdict: str) -> HttpResponse:
        """Ask for confirmation of a verdict or a retry (GET), or apply it (POST)."""
        require(self.has_resolve_permission(request))
        delivery = Delivery.objects.filter(pk=object_id).first()
        if delivery is None or verdict not in (*VERDICTS, RETRY):
            raise Http404
        words, to, sentence = VERDICTS.get(
            verdict, (gettext_lazy("Retry"), DeliveryState.PENDING, RETRY_SENTENCE)
        )
        back = place_of(object_id, back_of(request))
        if request.method == "POST":
            if verdict == RETRY:
                self._retry(request, Delivery.objects.filter(pk=object_id), has_unknown=False)
            else:
                self._resolve(request, Delivery.objects.filter(pk=object_id), to)
            return HttpResponseRedirect(back)
        return confirmation(
            request,
            self,
            title=f"{words}: {delivery}",
            sentences=[sentence],
            verb=str(words),
            back=back,
            is_dangerous=verdict == "again",
        )

    def _retry(
        self, request: HttpRequest, chosen: QuerySet[Delivery], *, has_unknown: bool
    ) -> None:
        try:
            count = retry_selected(deliveries=chosen, has_unknown=has_unknown, by=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(request, retried_sentence(count))

    def _resolve(
        self, request: HttpRequest, queryset: QuerySet[Delivery], to: str
    ) -> HttpResponse | None:
        # Only the selected rows matter, not the list's order and annotations.
        chosen = Delivery.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))
        try:
            count = resolve_unknown(deliveries=chosen, to=to, by=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return HttpResponseRedirect(request.get_full_path())
        if count:
            messages.success(request, resolved_sentence(to, count))
        else:
            messages.warning(request, _("None of the selected deliveries is unknown."))
        return None


def _retry_sentences(states: Counter[str]) -> list[str]:
    """Return what a retry does to selected deliveries, given their number by state."""
    failed, unknown, sent = (
        states[state] for state in (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.SENT)
    )
    others = states.total() - failed - unknown - sent
    counted = (
        (
            failed,
            ngettext(
                "%(n)d failed delivery will be sent again.",
                "%(n)d failed deliveries will be sent again.",
                failed,
            ),
        ),
        (
            unknown,
            ngettext(
                "It is unknown whether %(n)d of the selected deliveries arrived.",
                "It is unknown whether %(n)d of the selected deliveries arrived.",
                unknown,
            ),
        ),
        (
            sent,
            ngettext(
                "%(n)d was sent already and is not sent again.",
                "%(n)d were sent already and are not sent again.",
                sent,
            ),
        ),
        (
            others,
            ngettext(
                "%(n)d is still open, skipped or cancelled and stays as it is.",
                "%(n)d are still open, skipped or cancelled and stay as they are.",
                others,
            ),
        ),
    )
    return [sentence % {"n": n} for n, sentence in counted if n]


def resolved_sentence(to: str, count: int) -> str:
    """Return the result message for deliveries that were resolved."""
    if to == DeliveryState.SENT:
        sentence = ngettext(
            "%(n)d delivery now counts as sent.", "%(n)d deliveries now count as sent.", count
        )
    elif to == DeliveryState.FAILED:
        sentence = ngettext(
            "%(n)d delivery now counts as failed.", "%(n)d deliveries now count as failed.", count
        )
    else:
        sentence = ngettext(
            "%(n)d delivery will be sent again.", "%(n)d deliveries will be sent again.", count
        )
    return sentence % {"n": count}


def retried_sentence(count: int) -> str:
    """Return the result message for deliveries that will be sent again."""
    return ngettext(
        "%(n)s delivery will be retried.", "%(n)s deliveries will be retried.", count
    ) % {"n": number_format(count, force_grouping=True)}
