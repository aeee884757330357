"""The pages of a list and of a segment show how they grew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from contacts.daily_sizes import SHOWN_DAYS
from contacts.models import DailySize
from contacts.segments.save import create_segment
from contacts.segments.where import parse_where
from tests.campaigns.factories import make_list


def test_the_pages_show_them(operator: Client, db: None) -> None:
    today = timezone.localdate()
    people = make_list("all", [100_001])
    segment = create_segment(
        name="zhang", description="", conditions=parse_where("name = 张三"), by=None
    )
    of: list[dict[str, Any]] = [{"contact_list": people}, {"segment": segment}]
    pages = [
        f"/contacts/contactlist/{people.pk}/change/",
        f"/contacts/segment/{segment.pk}/change/",
    ]
    for one, page in zip(of, pages, strict=True):
        assert "sizes-title" not in operator.get(page).content.decode()
        for back, n in ((SHOWN_DAYS + 5, 1), (3, 1_000), (1, 1_250)):
            DailySize.objects.create(day=today - timedelta(days=back), people=n, **one)
        text = operator.get(page).content.decode()
        assert "size-data" in text
        assert "1,250" in text
        assert "+250" in text
        # The day between, on which nothing was counted, is a gap.
        assert '"values": [1000, null, 1250]' in text
