"""Making a campaign step by step: the pages of the steps, which save as one types."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from campaigns.admin.page_urls import campaign_url
from campaigns.admin.step_consequences import (
    COUNTING,
    consequences,
    first_consequences,
    result_template,
)
from campaigns.admin.step_form import STEPS, StepForm, next_step, previous_step
from campaigns.creation.begin_draft import begin_draft, proposed_name
from campaigns.creation.typed_steps import forget_typed, keep_typed, typed_in
from campaigns.models import Campaign, SequenceStep
from campaigns.states import ScheduleState
from contacts.models import ContactList
from foundation.admin import require
from foundation.admin.key_fields import is_key
from foundation.refusals import Refusal

#: The field by which the page's script says that it saves while somebody types.
LIVE_FIELD = "_live"
#: Steps whose choices are saved at once, so that their consequences can be counted.
SAVED_AT_ONCE = ("who", "senders")
#: The fields of a step's form that are about the page.
_OF_THE_PAGE = {"csrfmiddlewaretoken", "_by", LIVE_FIELD, "go"}


class CampaignSteps:
    """Mixin of CampaignAdmin: the steps."""

    @action(
        description=gettext_lazy("New, all settings"),
        url_path="to-form",
        icon="list_alt",
        permissions=["add"],
    )
    def to_form(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the form with all settings of a new campaign."""
        return redirect("admin:campaigns_campaign_add")

    def new_view(self, request: HttpRequest) -> HttpResponse:
        """Show the first step of a new campaign; the first thing posted makes the campaign.

        The page of an import leads here with its list, which is then chosen already.
        """
        require(self.has_add_permission(request))  # type: ignore[attr-defined]
        if request.method != "POST":
            given: dict[str, Any] = {"name": proposed_name()}
            if (imported := _list_of(request)) is not None:
                given["lists"] = [imported]
            return self._show(request, None, "who", self._step_form(request, "who", initial=given))
        try:
            name = request.POST.get("name", "").strip()
            campaign = begin_draft(name=name, by=request.user)
        except Refusal as refusal:
            form = self._step_form(request, "who", data=request.POST)
            if "name" not in form.errors:
                form.add_error("name", refusal.sentence)
            if LIVE_FIELD in request.POST:
                return JsonResponse({"is_saved": False, "sentence": refusal.sentence})
            return self._show(request, None, "who", form)
        self.log_addition(request, campaign, "")  # type: ignore[attr-defined]
        return self._answer(request, campaign, "who")

    def step_view(self, request: HttpRequest, object_id: int, step: str) -> HttpResponse:
        """Show a step (GET), or keep what was typed in it and go on (POST)."""
        require(self.has_change_permission(request))  # type: ignore[attr-defined]
        campaign = Campaign.objects.filter(pk=object_id).first()
        if campaign is None or step not in STEPS:
            raise Http404
        if not is_in_the_making(campaign):
            return HttpResponseRedirect(campaign_url(campaign))
        if request.method == "POST":
            return self._answer(request, campaign, step)
        typed, initial = typed_in(campaign, step), {}
        added = _list_of(request) if step == "who" else None
        if added is not None and typed is not None:
            typed.setlist("lists", [*typed.getlist("lists"), str(added.pk)])
        elif added is not None:
            initial["lists"] = [*campaign.lists.all(), added]
        form = self._step_form(request, step, campaign, typed, initial)
        # Somebody comes back from an import: its people are chosen, and the page saves that.
        return self._show(request, campaign, step, form, is_changed=added is not None)

    def step_counted_view(self, request: HttpRequest, object_id: int, step: str) -> HttpResponse:
        """Answer with the result of a step alone; the page of a large audience asks for it."""
        require(self.has_change_permission(request))  # type: ignore[attr-defined]
        campaign = Campaign.objects.filter(pk=object_id).first()
        if campaign is None or step not in COUNTING:
            raise Http404
        context = {"campaign": campaign, "is_following": True, **consequences(campaign, step)}
        return TemplateResponse(request, f"console/campaign/steps/{step}_result.html", context)

    def _answer(self, request: HttpRequest, campaign: Campaign, step: str) -> HttpResponse:
        """Save what was posted; of what is not valid, keep what was typed."""
        posted = request.POST.copy()
        for name in _OF_THE_PAGE:
            posted.pop(name, None)
        go, is_live = request.POST.get("go", "next"), LIVE_FIELD in request.POST
        form = self._step_form(request, step, campaign, posted)
        is_valid = form.is_valid()
        if is_valid and (not is_live or step in SAVED_AT_ONCE):
            self._save_step(request, campaign, step, form)
        else:
            keep_typed(campaign, step, posted)
        if is_live:
            return self._live_answer(campaign, step, form)
        if go == "import":
            back = step_url(campaign, step)
            address = reverse("admin:contacts_contactimport_upload")
            return HttpResponseRedirect(f"{address}?next={back}")
        if go in STEPS and go != step:
            return HttpResponseRedirect(step_url(campaign, go))
        if go == "leave":
            return HttpResponseRedirect(campaign_url(campaign))
        if not is_valid:
            return self._show(request, campaign, step, form)
        return HttpResponseRedirect(step_url(campaign, next_step(step)))

    def _save_step(
        self, request: HttpRequest, campaign: Campaign, step: str, form: StepForm
    ) -> None:
        """Save a step by the same methods as the form with all settings."""
        if form.changed_data:
            saved = form.save(commit=False)
            self.save_model(request, saved, form, True)  # type: ignore[attr-defined]
            self.save_related(request, form, [], True)  # type: ignore[attr-defined]
            self.log_change(request, saved, "")  # type: ignore[attr-defined]
        forget_typed(campaign, step)

    def _live_answer(self, campaign: Campaign, step: str, form: StepForm) -> HttpResponse:
        if step not in SAVED_AT_ONCE and form.is_valid():
            shown = form.instance  # a calendar of what is typed, before it is saved
        else:
            shown = Campaign.objects.get(pk=campaign.pk)
        found = first_consequences(shown, step)
        fragment = render_to_string(result_template(found), {"campaign": shown, **found})
        return JsonResponse(
            {
                "is_saved": True,
                "sentence": _("Saved"),
                "address": step_url(campaign, step),
                "result": fragment,
            }
        )

    def _step_form(
        self,
        request: HttpRequest,
        step: str,
        campaign: Campaign | None = None,
        data: Any = None,
        initial: dict[str, Any] | None = None,
    ) -> StepForm:
        _title, _sentence, fields = STEPS[step]
        form = self.get_form(  # type: ignore[attr-defined]
            request, campaign, change=campaign is not None, form=StepForm, fields=fields
        )
        made: StepForm = form(data, instance=campaign, initial=initial or {})
        return made

    def _show(
        self,
        request: HttpRequest,
        campaign: Campaign | None,
        step: str,
        form: StepForm,
        *,
        is_changed: bool = False,
    ) -> HttpResponse:
        names = list(STEPS)
        place = names.index(step)
        # What a form with errors holds is not the campaign: its consequences are of what is saved.
        shown = Campaign.objects.get(pk=campaign.pk) if campaign is not None else None
        found = first_consequences(shown, step)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Campaign._meta,
            "title": campaign.name if campaign is not None else _("New campaign"),
            "original": campaign,
            "campaign": shown,
            "step_title": STEPS[step][0],
            "step_sentence": STEPS[step][1],
            "steps": [(name, STEPS[name][0], names.index(name) < place) for name in names],
            "previous": previous_step(step),
            "form": form,
            "is_changed": is_changed,
            "media": self.media + form.media,  # type: ignore[attr-defined]
            "fields_template": f"console/campaign/steps/{step}.html",
            "result_template": result_template(found),
            "all_settings": reverse("admin:campaigns_campaign_change", args=[shown.pk])
            if shown is not None
            else reverse("admin:campaigns_campaign_add"),
            **found,
        }
        return TemplateResponse(request, "console/campaign/steps/page.html", context)


def step_url(campaign: Campaign, step: str) -> str:
    """Return the URL of a step of a campaign."""
    return reverse("admin:campaigns_campaign_step", args=[campaign.pk, step])


def is_in_the_making(campaign: Campaign) -> bool:
    """Return whether a campaign can still be made by steps: nothing of it has been started."""
    return (
        campaign.archived_at is None
        and campaign.schedule_state == ScheduleState.OFF
        and not campaign.runs.exists()
        and not SequenceStep.objects.filter(campaign=campaign).exists()
    )


def _list_of(request: HttpRequest) -> ContactList | None:
    """Return the list that the address names; None if there is none."""
    key = request.GET.get("list", "")
    if not is_key(key):
        return None
    return ContactList.objects.filter(pk=int(key), archived_at=None).first()
