"""The tour of the first visit: offered once, dismissed for good, started again from the help."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from django.test import Client
from django.urls import resolve

from qqcampaign.console.help.tour import steps
from qqcampaign.console.models import TourSeen


def test_it_is_offered_until_it_is_dismissed(operator: Client) -> None:
    assert "data-tour-start" in operator.get("/").content.decode()
    assert "data-tour-start" not in operator.get("/campaigns/campaign/").content.decode()
    answer = operator.post("/help/tour/")
    assert answer["Location"] == "/"
    assert operator.post("/help/tour/", headers={"X-Requested-With": "fetch"}).status_code == 204
    assert TourSeen.objects.count() == 1
    assert "data-tour-start" not in operator.get("/").content.decode()
    assert operator.get("/help/tour/").status_code == 405


def test_it_starts_again_from_the_help(operator: Client) -> None:
    operator.post("/help/tour/")
    assert 'href="/?tour=1"' in operator.get("/help/").content.decode()
    assert "data-starts" in operator.get("/?tour=1").content.decode()


def test_each_user_has_their_own(operator: Client, client: Client) -> None:
    TourSeen.objects.create(user=User.objects.create_superuser("other"))
    assert "data-tour-start" in operator.get("/").content.decode()


def test_its_steps_are_entries_of_the_sidebar(operator: Client) -> None:
    page = operator.get("/").content.decode()
    menu = re.search(r'<nav id="nav-sidebar-inner".*?</nav>', page, re.DOTALL)
    assert menu is not None
    assert len(steps()) == 5
    for step in steps():
        assert f'href="{step["address"]}"' in menu[0]
        assert resolve(step["address"])
