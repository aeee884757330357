"""The settings of a stack whose answers say how many statements they asked the database."""

from __future__ import annotations

from qqcampaign.settings import *  # noqa: F403
from qqcampaign.settings import MIDDLEWARE as OWN

MIDDLEWARE = ["tests.counted_queries.CountedQueries", *OWN]
