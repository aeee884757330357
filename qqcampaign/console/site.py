"""The site of the console: Unfold's, whose frame around each page is made with less work."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib import admin
from django.contrib.admin import sites
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject, lazy
from django.utils.module_loading import import_string
from unfold.sites import UnfoldAdminSite

from qqcampaign.console.navigation import SIDEBAR


class ConsoleSite(UnfoldAdminSite):
    """Unfold's site with the sidebar of SIDEBAR; every page has it."""

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the sidebar's groups with the items that the operator may open.

        Unfold copies all of them deeply, parses the address of each item as often as it compares
        it, and leaves out keys, each of which a template then looks for in three ways.
        """
        overview = reverse(f"{self.name}:index")
        return [
            {
                "title": "",
                "icon": "",
                "key": "",
                "separator": False,
                "collapsible": False,
                **group,
                "items": [_shown(item, request, overview) for item in group["items"]],
                "badge_callback": _badge(group, request),
            }
            for group in SIDEBAR
        ]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return all pages by app; made when it is looked at, for most pages do not show it."""
        found = super().get_app_list
        return SimpleLazyObject(lambda: found(request, app_label))


def use_site() -> None:
    """Put the site in the place of Unfold's. No page is registered yet."""
    admin.site = sites.site = ConsoleSite()


def _shown(item: dict[str, Any], request: HttpRequest, overview: str) -> dict[str, Any]:
    link, permission = str(item["link"]), item.get("permission")
    is_active = request.path == link if link == overview else link in request.path
    return {
        **item,
        "link": link,
        "active": is_active,
        "has_permission": permission is None or bool(permission(request)),
        "badge_callback": _badge(item, request),
    }


def _badge(item: dict[str, Any], request: HttpRequest) -> Any:
    """Return the text of the badge, which is made where it is shown; None if there is none."""
    return _lazy(item["badge"])(request) if "badge" in item else None


@cache
def _lazy(name: str) -> Callable[[HttpRequest], Any]:
    made: Callable[[HttpRequest], Any] = lazy(import_string(name), str)
    return made
