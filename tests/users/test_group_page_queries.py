"""The page of a role or group asks the database little, however many permissions there are."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from users.role_groups import group_of
from users.roles import Role

pytestmark = pytest.mark.django_db

#: Far below the number of permissions.
MOST = 60


@pytest.mark.parametrize("is_own", [True, False])
def test_its_permissions_are_read_together(admin_client: Client, is_own: bool) -> None:
    group = Group.objects.create(name="own") if is_own else group_of(Role.ADMINISTRATOR)
    if is_own:
        group.permissions.set(Permission.objects.all())
    assert group.permissions.count() > 3 * MOST
    with CaptureQueriesContext(connection) as asked:
        assert admin_client.get(f"/auth/group/{group.pk}/change/").status_code == 200
    assert len(asked) < MOST
