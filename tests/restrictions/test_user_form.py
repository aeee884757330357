"""The restriction on a user's form stands any posted value."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from restrictions.models import Restriction
from tests.console.sample_data import make_operator
from users.keep import add_user
from users.roles import Role


@pytest.mark.django_db
@pytest.mark.parametrize("posted", ["１２", "[null]", "9" * 200, "x", "\0"])
def test_a_label_that_is_no_key_is_refused_at_its_field(client: Client, posted: str) -> None:
    make_operator()
    client.force_login(User.objects.get(is_superuser=True))
    client.raise_request_exception = False
    user = add_user(name="ours", role=Role.OPERATOR).user
    form = {
        "username": "ours", "role": "operator", "is_active": "on", "-1-TOTAL_FORMS": "1",
        "-1-INITIAL_FORMS": "0", "-1-MIN_NUM_FORMS": "0",
        "-1-MAX_NUM_FORMS": "1", "-1-0-labels": posted,
        "-1-0-user": str(user.pk),
    }  # fmt: skip
    answer = client.post(f"/auth/user/{user.pk}/change/", form)
    assert answer.status_code == 200
    assert not Restriction.objects.exists()
