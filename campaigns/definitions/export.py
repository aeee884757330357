"""A campaign's definition as a YAML file that another installation can import."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import yaml
from django.utils.translation import gettext as _

from campaigns.definitions.notifications import written_notifications
from campaigns.earlier_people import rules_in
from campaigns.message_texts import variants_of
from campaigns.models import Campaign, CampaignVariant, MessageTemplate
from contacts.segments.where_text import where_text
from foundation.refusals import Refusal
from foundation.spans import span_text
from foundation.times import utc_iso

#: The version of the format. A change that an older installation would misread raises it.
VERSION = 1
_FOLDED = re.compile("[\r\x85\u2028\u2029]")


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and never an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    if _FOLDED.search(text):  # YAML reads these breaks as others, except from quoted escapes
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
# A choice of a row that was not read again is a member of its enumeration.
_Dumper.add_multi_representer(str, lambda dumper, choice: _text(dumper, str(choice)))


def export_definition(campaign: Campaign) -> str:
    """Return a campaign's definition as YAML. What it refers to is named, not numbered.

    Segments are written in the where-language, and a template with its text. Lists, accounts,
    pools, labels, calendars and other campaigns are named only. Runs, the state of the schedule, an
    approval and the secret of a webhook are not part of it.

    Raises:
        Refusal: the audience names a campaign that was deleted (`earlier_campaign_gone`), or a
            segment's conditions are not understood (`segment_broken`).
    """
    return written_yaml(definition_of(campaign))


def written_yaml(data: dict[str, Any]) -> str:
    """Return data as YAML that `campaigns.definitions.document` reads back unchanged."""
    written: str = yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1_000)
    return written


def definition_of(campaign: Campaign) -> dict[str, Any]:
    """Return a campaign's definition as the file holds it, without what is empty.

    Raises:
        Refusal: as for `export_definition`.
    """
    template = campaign.template
    cap = None
    if campaign.cap_most is not None and campaign.cap_days is not None:
        label = {"label": campaign.cap_label.name} if campaign.cap_label is not None else {}
        cap = {"messages": campaign.cap_most, "days": campaign.cap_days, **label}
    whole = {
        "version": VERSION,
        "name": campaign.name,
        "labels": _names(campaign.labels.order_by("pk")),
        "needs_approval": campaign.needs_approval or None,
        "text": campaign.text,
        "template": _template(template) if template is not None else None,
        "variants": [_variant(variant) for variant in variants_of(campaign)],
        "holdout": _percent(campaign.holdout),
        "test_share": _percent(campaign.test_share),
        "decide_by": campaign.decide_by if campaign.test_share else None,
        "decide_after": span_text(campaign.decide_after) or None,
        "lists": _names(campaign.lists.order_by("pk")),
        "segments": [
            {"name": segment.name, "where": _where(segment)}
            for segment in campaign.segments.order_by("pk")
        ],
        "earlier_people": _earlier(campaign.earlier_people),
        "excluded_lists": _names(campaign.excluded_lists.order_by("pk")),
        "excluded_earlier_people": _earlier(campaign.excluded_earlier_people),
        "strangers": campaign.allows_strangers,
        "cap": cap,
        "once_across": _names(campaign.once_across.order_by("pk")),
        "accounts": [account.uin for account in campaign.accounts.order_by("uin")],
        "pools": _pools(campaign),
        "sender": campaign.sender,
        "promise": campaign.promise,
        "on_lost_account": campaign.on_lost_account,
        "order": campaign.order,
        "order_attribute": campaign.order_attribute,
        "order_descending": campaign.order_descending,
        "online_within": span_text(campaign.online_within) or None,
        "per_minute": campaign.per_minute,
        "priority": campaign.priority,
        "timezone": campaign.timezone,
        "starts_at": utc_iso(campaign.starts_at),
        "repeat": campaign.repeat,
        "repeat_until": utc_iso(campaign.repeat_until),
        "repeat_times": campaign.repeat_times,
        "windows": campaign.windows,
        "holidays": campaign.holidays.name if campaign.holidays else None,
        "override_quiet_hours": campaign.overrides_quiet_hours,
        "late": campaign.late,
        "deadline": utc_iso(campaign.deadline_at) or span_text(campaign.deadline_after),
        "notifications": written_notifications(campaign),
    }
    return {key: value for key, value in whole.items() if value not in (None, "", [])}


def _variant(variant: CampaignVariant) -> dict[str, Any]:
    """Return a variant of the message with its text, or its template."""
    template = {"template": _template(variant.template)} if variant.template is not None else {}
    text = {} if template else {"text": variant.text}
    return {"name": variant.name, "weight": variant.weight, **text, **template}


def _pools(campaign: Campaign) -> list[dict[str, Any]]:
    """Return the pools by name, each with its share if it has one."""
    written: list[dict[str, Any]] = []
    for pool in campaign.pools.order_by("pk"):
        share = campaign.pool_shares.get(str(pool.pk))
        written.append({"name": pool.name, **({"share": share} if share is not None else {})})
    return written


def _percent(percent: Decimal) -> float | None:
    return float(percent) or None


def _template(template: MessageTemplate) -> dict[str, Any]:
    """Return a template: its default text, and if it has some, its texts by language."""
    by_language = template.texts_by_language()
    default = by_language.pop("")
    more = {"languages": by_language, "language_attribute": template.language_attribute}
    return {"name": template.name, "text": default, **(more if by_language else {})}


def _names(rows: Iterable[Any]) -> list[str]:
    return [row.name for row in rows]


def _where(segment: Any) -> str:
    where = where_text(segment.conditions)
    if where is None:
        raise Refusal(
            _("The conditions of the segment “%(name)s” are not understood: correct them first.")
            % {"name": segment.name},
            code="segment_broken",
        )
    return where


def _earlier(stored: Any) -> list[dict[str, Any]]:
    """Return groups of earlier runs by name: campaign, run (the newest unless named), group."""
    rules = rules_in(stored)
    names = dict(
        Campaign.objects.filter(pk__in=[rule.campaign for rule in rules]).values_list("pk", "name")
    )
    written: list[dict[str, Any]] = []
    for rule in rules:
        if rule.campaign not in names:
            raise Refusal(
                _("The audience refers to a run of a campaign that has been deleted."),
                code="earlier_campaign_gone",
            )
        run = {} if rule.number is None else {"run": rule.number}
        written.append({"campaign": names[rule.campaign], **run, "group": rule.group})
    return written
