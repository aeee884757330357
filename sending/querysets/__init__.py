"""How campaigns and what belongs to them are read and moved."""

from sending.querysets.delivery import DeliveryQuerySet
from sending.querysets.run import RunQuerySet
from sending.querysets.tally import TallyQuerySet

__all__ = ["DeliveryQuerySet", "RunQuerySet", "TallyQuerySet"]
