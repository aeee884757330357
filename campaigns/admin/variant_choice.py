"""The page that asks whether a variant goes to the rest of a tested run."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.admin.page_urls import campaign_url
from campaigns.run_control.choose_variant import choose_variant, chosen_sentence
from foundation.admin import confirmation, require
from foundation.refusals import Refusal
from sending.models import Delivery


class VariantChoice:
    """Mixin of CampaignAdmin: the choice by hand."""

    def choose_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask for confirmation (GET), or send the variant to the rest (POST)."""
        require(self.has_change_permission(request))  # type: ignore[attr-defined]
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        variant = request.GET.get("variant", "")
        if run is None or variant not in [share["variant"] for share in run.text_shares]:
            raise Http404
        back = campaign_url(campaign, run)
        if request.method == "POST":
            try:
                waiting = choose_variant(run=run, variant=variant, by=request.user)
            except Refusal as refusal:
                messages.error(request, refusal.sentence)
            else:
                messages.success(request, chosen_sentence(variant=variant, waiting=waiting))
            return HttpResponseRedirect(back)
        waiting = Delivery.objects.pending().of_rest().filter(run_id=run.pk).count()
        return confirmation(
            request,
            self,
            title=_("Send “%(variant)s” to the rest of %(run)s?")
            % {"variant": variant, "run": run},
            sentences=[
                ngettext(
                    "%(n)s person waits for the choice and gets this variant.",
                    "%(n)s people wait for the choice and get this variant.",
                    waiting,
                )
                % {"n": number_format(waiting, force_grouping=True)},
                _("The people of the test keep theirs. This cannot be undone."),
            ],
            verb=_("Send it to the rest"),
            back=back,
        )
