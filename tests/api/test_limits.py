"""ETags, If-Match, and the limit of requests of a token."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.pacing.redis_client import live
from api.pipeline import rates
from campaigns.models import MessageTemplate
from tests.api.asking import administrator, program
from tests.campaigns.factories import make_campaign

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture(autouse=True)
def _one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test runs over the end of a minute."""
    monkeypatch.setattr("api.pipeline.rates.time.time", lambda: 1_800_000_000.0)


def test_an_unchanged_answer_is_not_sent_again() -> None:
    root = administrator()
    root.post("templates", {"name": "a", "text": "x"})
    first = root.get("templates")
    etag = first["ETag"]
    for given in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = root.get("templates", If_None_Match=given)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag), given
    assert root.get("templates", If_None_Match='"other"').status_code == 200
    root.post("templates", {"name": "b", "text": "x"})
    assert root.get("templates", If_None_Match=etag).status_code == 200


def test_a_token_asks_so_often_in_a_minute(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    root = administrator()
    assert [root.get("templates").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = root.post("templates", {"name": "a", "text": "x"})
    assert (refused.status_code, refused.json()["error"]) == (429, "too_many_requests")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["Content-Type"] == "application/problem+json"
    assert not MessageTemplate.objects.exists()
    # It is the token's own limit, and is over with the minute.
    other = program("campaigns.view_messagetemplate", name="other")
    assert other.get("templates").status_code == 200


def test_the_limit_is_over_with_the_minute(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    root = administrator()
    assert [root.get("templates").status_code for _ in range(2)] == [200, 429]
    monkeypatch.setattr("api.pipeline.rates.time.time", lambda: 1_800_000_061.0)
    assert root.get("templates").status_code == 200


def test_without_redis_each_process_counts(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    root = administrator()

    def away() -> Any:
        raise ConnectionError

    monkeypatch.setattr("api.pipeline.rates.live", away)
    monkeypatch.setattr("api.pipeline.rates._away_until", 0.0)
    rates._own.clear()
    assert [root.get("templates").status_code for _ in range(3)] == [200, 200, 429]
    assert not live().keys("api:rate:*")


def test_a_change_of_what_was_changed_meanwhile_is_refused() -> None:
    root = administrator()
    make_campaign("spring")
    path = "campaigns/spring/notifications"
    etag = root.get(path)["ETag"]
    change = {"to": ["a@example.com"]}
    done = root.ask("PATCH", path, change, If_Match=etag)
    assert done.status_code == 200, done.json()
    assert root.get(path)["ETag"] != etag
    refused = root.ask("PATCH", path, {"to": ["b@example.com"]}, If_Match=etag)
    assert refused.status_code == 412
    assert "a@example.com" in root.get(path).content.decode()
    assert root.ask("PATCH", path, change, If_Match="*").status_code == 200
