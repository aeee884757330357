"""How campaigns and what belongs to them are read and moved."""

from campaigns.querysets.delivery import DeliveryQuerySet
from campaigns.querysets.run import RunQuerySet
from campaigns.querysets.tally import TallyQuerySet

__all__ = ["DeliveryQuerySet", "RunQuerySet", "TallyQuerySet"]
