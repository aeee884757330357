"""Static files by the addresses of another version."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

OLD = "/static/000000000000/"


def test_a_page_of_another_version_is_led_to_the_file() -> None:
    answer = Client().get(f"{OLD}console/console.css")
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"{settings.STATIC_URL}console/console.css",
    )


@pytest.mark.parametrize("name", ["none.css", "图.png", "a b.css", "%2525", "%00"])
def test_a_file_that_is_not_there_ends_in_404(name: str) -> None:
    """The first address may lead to this version's, which leads nowhere else."""
    answer = Client().get(f"{OLD}{name}", follow=True)
    assert answer.status_code == 404
    assert len(answer.redirect_chain) == 1


@pytest.mark.parametrize("name", ["../../login/", "..%2f..%2flogin/", "../x", "a/../../../x"])
def test_it_leads_to_static_files_only(name: str) -> None:
    assert Client().get(f"{OLD}{name}").status_code == 404
