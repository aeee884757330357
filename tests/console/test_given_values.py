"""A form for a new row stands whatever its address gives for any of its fields."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import reverse

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

NONSENSE = ("'", "[[1]]", "9" * 30)


def test_nothing_that_an_address_gives_breaks_a_form() -> None:
    user = User.objects.create_superuser("root")
    client = Client()
    client.force_login(user)
    request = RequestFactory().get("/")
    request.user = user
    tried = 0
    for model, page in admin.site._registry.items():
        if not page.has_add_permission(request):
            continue
        names = list(page.get_form(request).base_fields)
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        for given in NONSENSE:
            answer = client.get(address, dict.fromkeys(names, given))
            assert answer.status_code in (200, 302), (address, given)
            tried += 1
    assert tried > 30
