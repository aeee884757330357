"""Campaigns: the list with state and progress, and the form."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display

from campaigns.admin.campaign_approval import CampaignApproval
from campaigns.admin.campaign_definition import CampaignDefinition
from campaigns.admin.campaign_figures import CampaignFigures
from campaigns.admin.campaign_form import PACE_FIELDS, SCHEDULE_FIELDS, CampaignForm
from campaigns.admin.campaign_notifications import CampaignNotificationsPage
from campaigns.admin.campaign_over_time import CampaignOverTime
from campaigns.admin.campaign_page import CampaignPage
from campaigns.admin.campaign_preflight import CampaignPreflight
from campaigns.admin.campaign_rehearsal import CampaignRehearsal
from campaigns.admin.campaign_report import CampaignReport
from campaigns.admin.campaign_retry import CampaignRetry
from campaigns.admin.campaign_schedule import CampaignSchedule
from campaigns.admin.campaign_sections import sections
from campaigns.admin.campaign_steps import CampaignSteps
from campaigns.admin.campaign_test import CampaignTest
from campaigns.admin.campaign_verbs import CampaignVerbs
from campaigns.admin.follow_up import FollowUp
from campaigns.admin.page_urls import campaign_url
from campaigns.admin.run import RUN_COLOURS
from campaigns.admin.run_under_way import kept_sentence
from campaigns.admin.typed_filters import OF_CAMPAIGNS
from campaigns.admin.variant_choice import VariantChoice
from campaigns.admin.variant_comparison import VariantComparison
from campaigns.admin.variant_fields import rows_of
from campaigns.models import Campaign, CampaignRun
from campaigns.run_control.pace import apply_pace
from campaigns.run_control.schedule import apply_changed_schedule, ask_again_if_changed
from campaigns.states import ScheduleState
from foundation.admin import ChangeHistoryMixin, ConsoleAdmin, NamedMixin, after_saving
from foundation.display import EMPTY
from labels.admin.labelled import LabelledMixin
from sending.models import Tally
from sending.states import ENDED_RUN_STATES, OPEN_DELIVERY_STATES, RunState


@admin.register(Campaign)
class CampaignAdmin(
    LabelledMixin,
    CampaignPage,
    CampaignOverTime,
    CampaignVerbs,
    CampaignPreflight,
    CampaignRehearsal,
    CampaignApproval,
    CampaignReport,
    CampaignDefinition,
    CampaignFigures,
    CampaignRetry,
    CampaignTest,
    CampaignNotificationsPage,
    VariantComparison,
    VariantChoice,
    FollowUp,
    CampaignSteps,
    CampaignSchedule,
    NamedMixin,
    ChangeHistoryMixin,
    SimpleHistoryAdmin,
    ConsoleAdmin,
):
    """Campaigns. Their runs are started, paused and ended on a campaign's page."""

    class Media:
        js = ("console/schedule.js", "console/variants.js", "console/order.js")

    form = CampaignForm
    list_display = ["named", "badge", "progress", "audience", "created_at"]
    list_display_links = None
    actions_list = ["to_form", "to_definition"]
    list_filter = ["promise", "allows_strangers", "lists"]
    search_fields = ["name", "text"]
    typed_filters = OF_CAMPAIGNS
    ordering = ["-id"]
    autocomplete_fields = ["template", "lists", "segments", "excluded_lists", "accounts"]
    autocomplete_fields += ["once_across", "pools", "labels", "cap_label"]
    change_form_outer_before_template = "console/campaign/edit.html"
    object_history_template = "console/campaign/history.html"
    empty_sentence = _(
        "A campaign sends a message to the people in your lists. Choose the recipients, "
        "the text, the sender accounts and the schedule, check the preflight, and start it."
    )
    empty_step = (_("Make a campaign"), "admin:campaigns_campaign_new")
    #: The button + leads to the steps; the form with all settings has a button of its own.
    add_page = (_("New campaign"), "admin:campaigns_campaign_new")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        """Campaigns with their newest run and its stored figures, without counting deliveries."""
        newest = CampaignRun.objects.filter(campaign=OuterRef("pk")).order_by("-number")
        kept = Tally.objects.filter(run=OuterRef("run_id")).order_by().values("run")
        targeted = kept.filter(kind="targeted").annotate(total=Sum("n")).values("total")
        waiting = (
            kept.filter(kind="state", key__in=OPEN_DELIVERY_STATES)
            .annotate(total=Sum("n"))
            .values("total")
        )
        return (
            super()
            .get_queryset(request)
            .annotate(
                run_id=Subquery(newest.values("pk")[:1]),
                run_number=Subquery(newest.values("number")[:1]),
                run_state=Subquery(newest.values("state")[:1]),
            )
            .annotate(
                targeted=Coalesce(Subquery(targeted), 0), waiting=Coalesce(Subquery(waiting), 0)
            )
            .prefetch_related("lists", "segments")
        )

    def get_urls(self) -> list[URLPattern]:
        """Add the campaign's page and what belongs to it."""
        wrap = self.admin_site.admin_view
        pages = [
            ("page/", self.page_view, "campaigns_campaign_page"),
            ("live/", self.live_view, "campaigns_campaign_live"),
            ("over-time/", self.over_time_view, "campaigns_campaign_over_time"),
            ("do/<slug:verb>/", self.do_view, "campaigns_campaign_do"),
            ("preflight/", self.preflight_view, "campaigns_campaign_preflight"),
            ("preflight/counted/", self.preflight_counted_view, "campaigns_campaign_counted"),
            (
                "preflight/<slug:group>/",
                self.preflight_people_view,
                "campaigns_campaign_preflight_people",
            ),
            ("rehearsal/", self.rehearsal_live_view, "campaigns_campaign_rehearsal_live"),
            ("rehearsal/<slug:verb>/", self.rehearsal_view, "campaigns_campaign_rehearsal"),
            ("approval/", self.approval_view, "campaigns_campaign_approval"),
            ("approval/<slug:verb>/", self.decide_view, "campaigns_campaign_decide"),
            ("schedule/<slug:verb>/", self.schedule_view, "campaigns_campaign_schedule"),
            ("clone/", self.clone_view, "campaigns_campaign_clone"),
            ("definition/", self.definition_view, "campaigns_campaign_definition"),
            ("figures/", self.figures_view, "campaigns_campaign_figures"),
            ("test/", self.test_view, "campaigns_campaign_test"),
            ("test/live/", self.test_live_view, "campaigns_campaign_test_live"),
            ("notifications/", self.notifications_view, "campaigns_campaign_notifications"),
            ("retry/", self.retry_view, "campaigns_campaign_retry"),
            ("choose/", self.choose_view, "campaigns_campaign_choose"),
            ("variants/", self.variants_view, "campaigns_campaign_variants"),
            ("report/<slug:format>/", self.report_view, "campaigns_campaign_report"),
            ("steps/<slug:step>/", self.step_view, "campaigns_campaign_step"),
            (
                "steps/<slug:step>/counted/",
                self.step_counted_view,
                "campaigns_campaign_step_counted",
            ),
        ]
        own = [
            path(f"<int:object_id>/{address}", wrap(view), name=name)
            for address, view, name in pages
        ]
        dates = path("dates/", wrap(self.dates_view), name="campaigns_campaign_dates")
        load = path("import/", wrap(self.import_view), name="campaigns_campaign_import")
        new = path("new/", wrap(self.new_view), name="campaigns_campaign_new")
        return [dates, load, new, *own, *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the sections of the form; those that are not used are folded."""
        return sections(obj, given=request.GET)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Return the form, which knows the operator: some settings need a permission."""
        form = super().get_form(request, *args, **kwargs)
        return type("CampaignForm", (form,), {"operator": request.user})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Store the creator, and apply a changed schedule from now on."""
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
        if change and SCHEDULE_FIELDS & set(form.changed_data):
            apply_changed_schedule(campaign=obj)
        if change and PACE_FIELDS & set(form.changed_data):
            apply_pace(campaign=obj, by=request.user)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Store the relations; then the schedule of a changed campaign may need an approval."""
        super().save_related(request, form, formsets, change)
        if change and form.changed_data:
            ask_again_if_changed(campaign=form.instance, by=request.user)
            if kept := kept_sentence(form.instance, form.changed_data):
                messages.warning(request, kept)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """After "Save" the campaign's page is the next step."""
        answer = super().response_add(request, obj, post_url_continue)
        return after_saving(request, answer, page=campaign_url(obj))

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        """After "Save" the campaign's page is the next step."""
        answer = super().response_change(request, obj)
        return after_saving(request, answer, page=campaign_url(obj))

    @display(description=_("campaign"), ordering="name")
    def named(self, campaign: Any) -> SafeString:
        """The name, linked to the page."""
        address = reverse("admin:campaigns_campaign_page", args=[campaign.pk])
        return format_html('<a class="q-name" href="{}">{}</a>', address, campaign.name)

    @display(description=_("Variants"))
    def variants(self, campaign: Campaign) -> str:
        """The variants, for those who may not change them."""
        return str(rows_of(campaign)) or EMPTY

    @display(description=_("state"), label=RUN_COLOURS, ordering="run_state")
    def badge(self, campaign: Any) -> tuple[str, Any]:
        """The state of the newest run."""
        is_between = campaign.run_state is None or campaign.run_state in ENDED_RUN_STATES
        if is_between and campaign.schedule_state == ScheduleState.ON:
            return RunState.SCHEDULED, RunState.SCHEDULED.label
        if is_between and campaign.schedule_state == ScheduleState.AWAITING_APPROVAL:
            return RunState.AWAITING_APPROVAL, RunState.AWAITING_APPROVAL.label
        if campaign.run_state is None:
            return RunState.DRAFT, _("not started")
        return campaign.run_state, RunState(campaign.run_state).label

    @display(description=_("progress"))
    def progress(self, campaign: Any) -> Any:
        """How much of the newest run is done."""
        if not campaign.targeted:
            return EMPTY
        done = campaign.targeted - campaign.waiting
        return render_to_string(
            "console/campaign/progress.html",
            {
                "done": done,
                "targeted": campaign.targeted,
                "percent": 100 * done / campaign.targeted,
            },
        )

    @display(description=_("to"))
    def audience(self, campaign: Campaign) -> str:
        """The lists and segments it goes to."""
        return ", ".join(str(named) for named in [*campaign.lists.all(), *campaign.segments.all()])
