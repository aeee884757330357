"""Queries on runs, deliveries and figures, and the changes of their states."""

from sending.querysets.delivery import DeliveryQuerySet
from sending.querysets.run import RunQuerySet
from sending.querysets.tally import TallyQuerySet

__all__ = ["DeliveryQuerySet", "RunQuerySet", "TallyQuerySet"]
