"""The console's site makes the sidebar as Unfold does, with less work."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from unfold.sites import UnfoldAdminSite


def _rooms(found: list[dict[str, Any]]) -> list[Any]:
    return [
        (
            str(group.get("title", "")),
            [
                (
                    str(item["title"]),
                    str(item["link"]),
                    item["active"],
                    item["has_permission"],
                    str(item.get("badge_callback") or ""),
                )
                for item in group["items"]
            ],
        )
        for group in found
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("is_administrator", [True, False])
@pytest.mark.parametrize(
    "path", ["/", "/sending/delivery/", "/sending/delivery/7/change/", "/calendar/", "/elsewhere/"]
)
def test_the_sidebar_is_unfolds(path: str, is_administrator: bool) -> None:
    request = RequestFactory().get(path)
    request.user = User.objects.create(
        username="somebody", is_staff=True, is_superuser=is_administrator
    )
    site: Any = admin.site
    theirs = _rooms(UnfoldAdminSite.get_sidebar_list(site, request))
    assert _rooms(site.get_sidebar_list(request)) == theirs
    assert sum(item[3] for _title, items in theirs for item in items) > (
        40 if is_administrator else 0
    )


@pytest.mark.django_db
def test_all_apps_are_listed_where_they_are_looked_at(operator: Client) -> None:
    apps = operator.get("/").context["available_apps"]
    assert {"contacts", "sending"} <= {app["app_label"] for app in apps}
