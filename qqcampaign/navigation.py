"""How the console looks and what its sidebar lists (django-unfold's settings)."""

from __future__ import annotations

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "qqcampaign",
    "SITE_HEADER": "qqcampaign",
}
