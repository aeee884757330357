"""The fields of a campaign's form about planning: people of earlier runs, order, limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelect2MultipleWidget, UnfoldAdminTextInputWidget

from campaigns.creation.online_wait import read_online_wait, refuse_wait_and_test
from campaigns.creation.planning_choices import refuse_attribute
from campaigns.earlier_people import EarlierPeople, stored_rules
from campaigns.models import Campaign, CampaignRun
from campaigns.states import EarlierGroup, SendingOrder
from foundation.admin.key_fields import is_key
from foundation.refusals import Refusal
from foundation.spans import span_text

#: How many runs the select offers, the newest first. An older one that is chosen stays chosen.
MOST_RUNS = 50
FIELDS = [
    "earlier_people",
    "excluded_earlier_people",
    "sender",
    "order",
    "order_attribute",
    "order_descending",
    "online_within",
    "cap_most",
    "cap_days",
    "cap_label",
    "once_across",
]


def choice_of(rule: EarlierPeople) -> str:
    """Return the value of a choice: campaign, run and group."""
    return f"{rule.campaign}:{rule.number or ''}:{rule.group}"


def rule_of(choice: str) -> EarlierPeople | None:
    """Return the rule of a choice's value; None if the value is not a rule."""
    campaign, _first, rest = choice.partition(":")
    number, _second, group = rest.partition(":")
    if group not in EarlierGroup.values or not is_key(campaign):
        return None
    if number and not is_key(number):
        return None
    return EarlierPeople(int(campaign), int(number) if number else None, group)


class EarlierPeopleField(forms.MultipleChoiceField):
    """People of earlier runs: a select of runs and groups; its value is what a campaign stores."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            choices=_choices,
            widget=UnfoldAdminSelect2MultipleWidget,
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        """Return the choices of stored rules, or choices as they are."""
        if not isinstance(value, list):
            return value
        return [choice_of(EarlierPeople(**one)) if isinstance(one, dict) else one for one in value]

    def valid_value(self, value: Any) -> bool:
        """Return whether a choice names a run that exists, offered or not."""
        rule = rule_of(str(value))
        if rule is None:
            return False
        runs = CampaignRun.objects.filter(campaign_id=rule.campaign)
        if rule.number is not None:
            return runs.filter(number=rule.number).exists()
        return Campaign.objects.filter(pk=rule.campaign).exists()

    def clean(self, value: Any) -> Any:
        """Return the rules as a campaign stores them."""
        chosen = super().clean(value)
        return stored_rules(rule for one in chosen if (rule := rule_of(one)) is not None)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether other people are chosen."""
        before = self.prepare_value(initial) or []
        return set(map(str, before)) != set(map(str, data or []))


def _choices() -> list[Any]:
    """Return the groups of the newest runs, each run with a heading of its own."""
    runs = CampaignRun.objects.filter(planned_at__isnull=False).select_related("campaign")
    return list(_grouped(runs.order_by("-pk")[:MOST_RUNS]))


def _grouped(runs: Iterable[CampaignRun]) -> Iterable[Any]:
    seen: set[int] = set()
    for run in runs:
        if run.campaign_id not in seen:
            seen.add(run.campaign_id)
            heading = _("%(campaign)s, its newest run at that time") % {"campaign": run.campaign}
            yield heading, _groups(run.campaign_id, None, heading)
        yield str(run), _groups(run.campaign_id, run.number, str(run))


def _groups(campaign: int, number: int | None, heading: str) -> list[tuple[str, str]]:
    return [
        (choice_of(EarlierPeople(campaign, number, group)), f"{heading}: {group.label}")
        for group in EarlierGroup
    ]


class PlanningFields(forms.ModelForm):
    """The part of a campaign's form about planning."""

    earlier_people = EarlierPeopleField(
        label=gettext_lazy("And to people of earlier runs"),
        help_text=gettext_lazy(
            "A reply counts if it came to the account that wrote, within a few days. People who "
            "opted out of a list of the earlier run are skipped."
        ),
    )
    excluded_earlier_people = EarlierPeopleField(
        label=gettext_lazy("Excluded people of earlier runs")
    )

    online_within = forms.CharField(
        label=gettext_lazy("Wait for people to be online, at most"),
        required=False,
        max_length=10,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy(
            "Like 90m, 6h or 2d after planning. Each message waits until its account sees the "
            "person online. What still waits at the end is sent anyway."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "online_within" in self.fields:
            self.initial["online_within"] = span_text(self.instance.online_within)
        for name in ("earlier_people", "excluded_earlier_people"):
            if name in self.fields:
                _offer_chosen(self.fields[name], self.initial.get(name))
        if "once_across" in self.fields and self.instance.pk is not None:
            others = Campaign.objects.exclude(pk=self.instance.pk)
            self.fields["once_across"].queryset = others  # type: ignore[attr-defined]

    def clean_online_within(self) -> int | None:
        """Return the wait in seconds."""
        text: str = self.cleaned_data["online_within"].strip()
        if not text:
            return None
        try:
            return read_online_wait(text)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence) from None

    def check_planning(self) -> None:
        """Refuse an incomplete frequency cap, and an order by an attribute that no person has."""
        data = self.cleaned_data
        try:
            waits, tests = bool(data.get("online_within")), bool(data.get("test_share"))
            refuse_wait_and_test(waits=waits, tests=tests)
        except Refusal as refusal:
            self.add_error("online_within", refusal.sentence)
        most, days = data.get("cap_most"), data.get("cap_days")
        if (most is None) != (days is None) and not {"cap_most", "cap_days"} & set(self.errors):
            missing = "cap_days" if days is None else "cap_most"
            self.add_error(missing, _("A frequency cap needs both its number and its days."))
        if data.get("cap_label") and most is None and days is None:
            self.add_error("cap_label", _("A label counts only with a frequency cap: set one."))
        if data.get("order") != SendingOrder.ATTRIBUTE:
            return
        others = data.get("segments") or data.get("earlier_people")
        lists = None if others else list(data.get("lists") or ())
        try:
            refuse_attribute(data.get("order_attribute", ""), lists=lists)
        except Refusal as refusal:
            self.add_error("order_attribute", refusal.sentence)


def _offer_chosen(field: Any, chosen: Any) -> None:
    """Add the chosen runs to a select if they are not among the newest."""
    offered = {value for _heading, group in field.choices for value, _words in group}
    rules = [rule_of(str(one)) for one in field.prepare_value(chosen or [])]
    missing = [rule for rule in rules if rule is not None and choice_of(rule) not in offered]
    if not missing:
        return
    names = dict(
        Campaign.objects.filter(pk__in=[rule.campaign for rule in missing]).values_list(
            "pk", "name"
        )
    )
    more = [
        (choice_of(rule), choice_words(names.get(rule.campaign, "–"), rule)) for rule in missing
    ]
    field.choices = [*field.choices, (_("earlier"), more)]


def choice_words(name: str, rule: EarlierPeople) -> str:
    """Return a rule in words, given the name of its campaign."""
    run = f"{name} #{rule.number}" if rule.number is not None else name
    return f"{run}: {EarlierGroup(rule.group).label}"


def follow_up_query(run: CampaignRun, group: str) -> str:
    """Return the query of the form of a new campaign to a group of a run's people."""
    query = QueryDict(mutable=True)
    query["name"] = _("%(campaign)s: follow-up") % {"campaign": run.campaign.name}
    query["earlier_people"] = choice_of(EarlierPeople(run.campaign_id, run.number, group))
    return query.urlencode()
