"""Pages that `make screenshots` takes from the demo are pages, and every list has a picture."""

from __future__ import annotations

from django.contrib import admin

from tests.screenshots import DEMO, NAMES


def test_every_list_is_photographed() -> None:
    found = [one._meta for one in admin.site._registry]
    lists = {f"{one.app_label}_{one.model_name}_changelist" for one in found}
    assert len(lists) > 30
    alone = {"campaigns_approvalsettings_changelist", "sending_optoutsettings_changelist"}
    assert lists - alone <= set(NAMES)  # of one row: their form has the picture
    assert set(DEMO) <= set(NAMES)
