"""A posted key that no row can have is an error at its field, whatever it is."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from tests.campaigns.factories import make_list
from tests.console.test_planning_choices import filled

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", ["9e99", "-1", "²", "a\x00b", "9" * 20, "😀"])
@pytest.mark.parametrize("field", ["lists", "template", "labels"])
def test_nonsense_for_a_row_is_refused_at_its_field(operator: Client, field: str, key: str) -> None:
    data = filled(lists=[make_list("all", [100_001]).pk]) | {field: [key]}
    answer = operator.post(reverse("admin:campaigns_campaign_add"), data)
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert not Campaign.objects.exists()
