"""The arguments of `campaign create` about the message: one text, or variants, and the holdout."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from campaigns.commands.free_text import message_argument
from campaigns.creation.variants import NewVariant, read_holdout, variant_parts
from campaigns.find import find_template
from campaigns.models import Campaign


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
            for variant in campaign.variants.select_related("template")
        ],
        "holdout": percent_number(campaign.holdout),
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
