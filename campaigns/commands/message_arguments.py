"""The arguments of `campaign create` about the message: one text, or variants, and the holdout."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from campaigns.commands.free_text import message_argument
from campaigns.creation.variant_test import read_test
from campaigns.creation.variants import NewVariant, read_holdout, variant_parts
from campaigns.find import find_template
from campaigns.message_texts import variants_of
from campaigns.models import Campaign
from campaigns.states import DecideBy
from foundation.spans import span_text


def add_message_arguments(create: argparse.ArgumentParser) -> None:
    """Add the arguments to the parser of `campaign create`."""
    which = create.add_mutually_exclusive_group()
    which.add_argument("--text", type=message_argument, metavar="T", help="the message, in Liquid")
    which.add_argument("--template", metavar="NAME", help="the template of the message")
    create.add_argument(
        "--variant",
        dest="variants",
        action="append",
        default=[],
        metavar="NAME=WEIGHT=TEXT",
        help="one of several texts, in place of --text; may be repeated",
    )
    create.add_argument(
        "--variant-template",
        dest="variant_templates",
        action="append",
        default=[],
        metavar="NAME=WEIGHT=TEMPLATE",
        help="the same, with a template",
    )
    create.add_argument(
        "--holdout",
        default="0",
        metavar="PERCENT",
        help="so many of a hundred people get nothing, for comparison",
    )
    create.add_argument(
        "--test-share",
        default="0",
        metavar="PERCENT",
        help="test the variants on so many of a hundred people; the rest gets the better one",
    )
    create.add_argument(
        "--decide-after",
        metavar="4h",
        help="how long after the last message of the test the better one is chosen by replies",
    )
    create.add_argument(
        "--decide-by",
        choices=DecideBy.values,
        help="who chooses: an operator (`campaign choose`), or the system by replies; by replies "
        "if --decide-after is given, else by hand",
    )
    create.set_defaults(check_usage=partial(_refuse_usage, create))


def _refuse_usage(create: argparse.ArgumentParser, parsed: argparse.Namespace) -> None:
    """End with a usage error unless the message is given once."""
    has_variants = bool(parsed.variants or parsed.variant_templates)
    has_text = parsed.text is not None or parsed.template is not None
    if has_variants == has_text:
        create.error(
            "give the message once: --text T, --template NAME, or --variant NAME=WEIGHT=TEXT"
        )


def message_from(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `create_campaign` about the message.

    Raises:
        Refusal: an argument cannot be read, or names an unknown template.
    """
    templates = options["variant_templates"]
    template = options["template"]
    return {
        "text": options["text"] or "",
        "template": find_template(name=template) if template is not None else None,
        "variants": _variants(options["variants"], templates=templates),
        "holdout": read_holdout(options["holdout"]),
        "test": read_test(
            share=options["test_share"],
            decide_by=options["decide_by"],
            decide_after=options["decide_after"],
        ),
    }


def message_data(campaign: Campaign, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message for JSON. The keys are a public interface."""
    return {
        "template": options["template"],
        "variants": [
            {
                "name": variant.name,
                "weight": variant.weight,
                "template": variant.template.name if variant.template is not None else None,
            }
            for variant in variants_of(campaign)
        ],
        "holdout": percent_number(campaign.holdout),
        "test_share": percent_number(campaign.test_share),
        "decide_by": campaign.decide_by if campaign.test_share else None,
        "decide_after": span_text(campaign.decide_after) or None,
    }


def percent_number(percent: Decimal) -> int | float:
    """Return a percentage as JSON has it: 10 or 2.5."""
    return int(percent) if percent == int(percent) else float(percent)


def _variants(texts: Iterable[str], *, templates: Iterable[str]) -> list[NewVariant]:
    """Return the variants with a text, then those with a template."""
    read = [NewVariant(name, weight, text) for name, weight, text in map(variant_parts, texts)]
    for name, weight, template in map(variant_parts, templates):
        read.append(NewVariant(name, weight, template=find_template(name=template)))
    return read
