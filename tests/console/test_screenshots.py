"""Every list of the console has a picture in `make screenshots`."""

from __future__ import annotations

from django.contrib import admin

from tests.screenshots import FILLED_PAGES, PAGES


def test_every_list_is_photographed() -> None:
    taken = {where.split("?")[0] for where in (*PAGES.values(), *FILLED_PAGES.values())}
    lists = {f"{one._meta.app_label}/{one._meta.model_name}/" for one in admin.site._registry}
    assert len(lists) > 30
    assert lists <= taken
