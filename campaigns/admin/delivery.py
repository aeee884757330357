"""Deliveries: every message with its state and the reason for it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    TextFilter,
)
from unfold.decorators import display

from campaigns.admin.delivery_actions import DeliveryActions
from campaigns.admin.delivery_story import DeliveryStory
from campaigns.admin.page_urls import run_url
from campaigns.admin.result_code_colours import CODE_COLOURS
from campaigns.admin.typed_filters import OF_DELIVERIES
from campaigns.models import OWNERS_OF_DELIVERIES, CampaignRun, owner_of
from campaigns.reason_text import reason_text
from campaigns.reports.export_resources import DeliveryResource
from campaigns.reports.removed import removed_sentences
from campaigns.reports.variant_figures import who_opted_out
from contacts.models import Contact
from foundation.admin import ExactTextFilter, ExportMixin, ReadOnlyMixin, UncountedAdmin
from foundation.admin.key_fields import is_key
from foundation.admin.large_lists import between
from foundation.display import EMPTY, choice_words
from retention.models import Removed, is_removed
from sending.admin.code_mark import code_mark
from sending.models import Delivery, Reply, RunText
from sending.querysets import DeliveryQuerySet
from sending.runs.none_of_run import has_none, is_large
from sending.runs.texts import TEXTS, variant_of
from sending.states import EXCEPTIONAL_DELIVERY_STATES, DeliveryState
from tabular.exports import stream_csv, write_xlsx
from tabular.uin_search import uin_digits, uin_starts_with

DELIVERY_COLOURS = {
    DeliveryState.PENDING: "info",
    DeliveryState.SENDING: "primary",
    DeliveryState.SENT: "success",
    DeliveryState.FAILED: "danger",
    DeliveryState.SKIPPED: "default",
    DeliveryState.CANCELLED: "default",
    DeliveryState.UNKNOWN: "warning",
}


#: The question for the deliveries of one run, and how many texts of a name are looked at.
OF_RUN, MOST_TEXTS = "run__id__exact", 200
#: The filters of which a run's figures know whether anybody passes them.
_KEPT = {"state__exact": "state", "reason": "reason", "last_res": "res"}
#: A search finds deliveries to at most so many people.
MOST_PEOPLE = 500


class VariantFilter(TextFilter):
    """Deliveries of one variant, by its name."""

    title = _("variant")
    parameter_name = "variant"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        """Return the deliveries whose text is of the variant."""
        name = str(self.value() or "").strip()
        if not name:
            return queryset
        # Read first: a look-up for each delivery would take seconds in a run to a million people.
        own = RunText.objects.filter(variant__iexact=name)
        if is_key(run := request.GET.get(OF_RUN, "")):
            own = own.filter(run=int(run))
        numbers = list(own.values_list("run", "number")[:MOST_TEXTS])
        condition = Q(pk__in=())
        for one, number in numbers:
            condition |= Q(run=one, text_number=number)
        return queryset.filter(condition)


class PartFilter(DropdownFilter):
    """Deliveries of the test of the variants, or of the rest."""

    title = _("part")
    parameter_name = "part"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("test", _("the test")), ("rest", _("the rest"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        """Return the deliveries of the part."""
        assert isinstance(queryset, DeliveryQuerySet)
        if self.value() == "test":
            return queryset.of_test()
        return queryset.of_rest() if self.value() == "rest" else queryset


class AfterwardsFilter(DropdownFilter):
    """Deliveries of one run after which the person replied, or opted out."""

    title = _("afterwards")
    parameter_name = "afterwards"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("replied", _("replied")), ("opted-out", _("opted out"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        """Return the deliveries that count in the comparison of the run's variants."""
        run = request.GET.get(OF_RUN, "")
        if self.value() == "replied" and is_key(run):
            replied = Reply.objects.filter(run=int(run)).values("delivery")
            return queryset.filter(pk__in=replied, state=DeliveryState.SENT)
        if self.value() != "opted-out" or not is_key(run):
            return queryset
        found = CampaignRun.objects.filter(pk=int(run)).first()
        if found is None:
            return queryset.none()
        return queryset.filter(pk__in=who_opted_out(found).values("pk"))


def _nobody_has(request: HttpRequest, run: int) -> bool:
    """Return whether none of a run's deliveries passes a filter of the list."""
    given = {name: request.GET.get(name, "").strip() for name in (*_KEPT, "part")}
    kept = {_KEPT[name]: value for name, value in given.items() if value and name in _KEPT}
    if kept and has_none(run, **kept):
        return True
    # Only a run with a test, or one that waits for people to be online, has a rest.
    is_whole = CampaignRun.objects.filter(pk=run, test_share=0, online_within=None)
    return given["part"] == "rest" and is_whole.exists()


@admin.register(Delivery)
class DeliveryAdmin(DeliveryStory, DeliveryActions, ExportMixin, ReadOnlyMixin, UncountedAdmin):
    """Deliveries, read-only; planning and lanes write them."""

    state_colours = DELIVERY_COLOURS
    export_resource = DeliveryResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    list_display = ["to", "badge", "why", "of_variant", "account", "code"]
    list_display += ["attempt_count", "seq", "sent_at"]
    list_filter = [
        ("run", AutocompleteSelectFilter),
        ("state", ChoicesDropdownFilter),
        ("reason", ExactTextFilter),
        ("last_res", ExactTextFilter),
        VariantFilter,
        PartFilter,
        AfterwardsFilter,
        ("account", AutocompleteSelectFilter),
    ]
    first_question = OF_RUN
    cheap_questions = ["state__exact"]
    first_sentence = _(
        "Choose a run first: without one, all deliveries of all campaigns would have to be read."
    )
    list_select_related = ["account", *OWNERS_OF_DELIVERIES]
    search_fields = ["uin"]
    typed_filters = OF_DELIVERIES
    search_help_text = _("UIN; its beginning is enough")
    empty_sentence = _(
        "Deliveries are created when a campaign starts: one for each person in its audience."
    )
    empty_step = (_("Campaigns"), "admin:campaigns_campaign_changelist")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say why a run's list is empty if its deliveries are removed because of their age."""
        run = request.GET.get(OF_RUN, "")
        found = CampaignRun.objects.filter(pk=int(run)).first() if is_key(run) else None
        if found is not None and is_removed(found.pk, Removed.DELIVERIES):
            messages.info(request, removed_sentences(found)[0])
        return super().changelist_view(request, extra_context)

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """Show the run of each delivery unless the list is filtered by run."""
        columns = list(super().get_list_display(request))
        if OF_RUN not in request.GET:
            columns.insert(1, "of_run")
        return columns

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Use an order that an index provides for the filter."""
        if request.GET.get(SEARCH_VAR, "").strip():
            return ("contact_id", "-run_id")
        if OF_RUN not in request.GET:
            return ("-id",)
        if request.GET.get("state__exact") in EXCEPTIONAL_DELIVERY_STATES:
            return ("reason", "id")
        return ("id",)

    def searched_rows(self, request: HttpRequest, rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
        """Return the rows; of a run, only from its first delivery to its last.

        Without this PostgreSQL reads all deliveries for a filter that few of a large run pass. Of
        what nobody has it would read the whole run: the run's figures say so before.
        """
        run = request.GET.get(OF_RUN, "")
        if not is_key(run):
            return super().searched_rows(request, rows)
        if is_removed(int(run), Removed.DELIVERIES):
            return rows.none()  # the rest goes step by step
        if is_large(int(run)) and _nobody_has(request, int(run)):
            return rows.none()
        of_run = Delivery.objects.filter(run=int(run)).order_by("pk")
        return between(rows, of_run.values_list("pk", flat=True))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """Deliveries without their texts, which would make a page of them large."""
        queryset = (
            super()
            .get_queryset(request)
            .select_related("account", *OWNERS_OF_DELIVERIES)
            .prefetch_related(TEXTS)
        )
        return queryset if request.resolver_match is None else queryset.defer("text")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[Any, bool]:
        """Search the person by UIN first: contacts have the index, deliveries by contact too."""
        if not search_term.strip():
            return queryset, False
        digits = uin_digits(search_term)
        if not digits:
            return queryset.none(), False
        people = Contact.objects.filter(uin_starts_with(digits)).order_by("uin")
        keys = list(people.values_list("pk", flat=True)[: MOST_PEOPLE + 1])
        if len(keys) > MOST_PEOPLE:
            messages.info(
                request,
                gettext(
                    "The UINs of more than %(n)s people begin so. Deliveries to the first of them "
                    "are shown; enter more digits for others."
                )
                % {"n": number_format(MOST_PEOPLE, force_grouping=True)},
            )
        return queryset.filter(contact_id__in=keys[:MOST_PEOPLE]), False

    @display(description=_("to"))
    def to(self, delivery: Delivery) -> Any:
        """The person's UIN."""
        return delivery.uin or _("erased")

    @display(description=_("run"))
    def of_run(self, delivery: Delivery) -> Any:
        """The run, leading to its place on the campaign's page."""
        run = owner_of(delivery.run)
        return format_html('<a class="text-link" href="{}">{}</a>', run_url(run), run)

    @display(description=_("state"), label=DELIVERY_COLOURS)
    def badge(self, delivery: Delivery) -> tuple[str, Any]:
        """The state, coloured."""
        return delivery.state, choice_words(delivery, "state")

    @display(description=_("reason"))
    def why(self, delivery: Delivery) -> Any:
        """The reason; empty if it is the last result code, which has its own column."""
        if delivery.reason.removeprefix("RES_") == delivery.last_res:
            return EMPTY
        return reason_text(delivery.reason) or EMPTY

    @display(description=_("variant"))
    def of_variant(self, delivery: Delivery) -> str:
        """The name of its variant."""
        return variant_of(delivery) or EMPTY

    @display(description=_("last RES"), label=CODE_COLOURS)
    def code(self, delivery: Delivery) -> Any:
        """The last code with its meaning."""
        if not delivery.last_res:
            return None
        return delivery.last_res, code_mark(delivery.last_res)
