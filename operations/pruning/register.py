"""Registers the kinds of data of the packages below. An app above registers its own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from campaigns.saved_reports import prune as notifications
from operations.pruning import inbound, needed, runs
from retention.kinds import Kind, register_kind


def register_kinds() -> None:
    """Register them."""
    for kind in (
        Kind(
            "texts", _("texts of ended runs"), runs.count_texts, runs.remove_texts,
            needed.for_the_engine,
        ),
        Kind(
            "attempts", _("attempts of ended runs"), runs.count_attempts, runs.remove_attempts,
            needed.for_caps,
        ),
        Kind(
            "inbound", _("messages from people"), inbound.count, inbound.remove_some,
            needed.for_the_engine,
        ),
        Kind(
            "runs", _("deliveries of ended runs"), runs.count_deliveries, runs.remove_deliveries,
            needed.for_replies,
        ),
        Kind(
            "notifications", _("notifications"), notifications.count_old, notifications.remove_some,
            needed.for_the_engine,
        ),
    ):  # fmt: skip
        register_kind(kind)
