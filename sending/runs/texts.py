"""Which text of its run a delivery gets, and which variant that is.

Each function reads `delivery.run.texts`. A caller with many deliveries prefetches it by
`prefetch_related(TEXTS)`, so that the texts are read once a batch.
"""

from __future__ import annotations

from sending.models import Delivery, Run, RunText

#: What a queryset of deliveries prefetches for the functions of this module.
TEXTS = "run__texts"


def text_of(delivery: Delivery) -> str:
    """Return the text that a delivery was sent with, or its run's text before any rendering."""
    if delivery.text is not None:
        return delivery.text
    return source_of(delivery)


def source_of(delivery: Delivery) -> str:
    """Return the run's text that a delivery gets, as an operator wrote it."""
    own = _row_of(delivery)
    return delivery.run.text if own is None else own.text


def variant_of(delivery: Delivery) -> str:
    """Return the name of a delivery's variant; "" without one."""
    own = _row_of(delivery)
    return "" if own is None else own.variant


def texts_by_number(run: Run) -> dict[int, str]:
    """Return all texts of a run by number. Every run has the number 0."""
    return {0: run.text, **{one.number: one.text for one in run.texts.all()}}


def _row_of(delivery: Delivery) -> RunText | None:
    if not delivery.text_number:
        return None
    for one in delivery.run.texts.all():
        if one.number == delivery.text_number:
            return one
    return None
