"""Health checks for load balancers and containers."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from accounts.pacing.redis_client import live as live_redis


@never_cache
@require_safe
def live(_request: HttpRequest) -> HttpResponse:
    """Answer 200: the process accepts requests."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Answer 200 if database and Redis answer, else 503. The JSON body says which one does not.

    The answer contains no details, because this page needs no login.
    """
    parts = {"database": _database_answers(), "redis": _redis_answers()}
    words = {name: "ok" if is_fine else "unreachable" for name, is_fine in parts.items()}
    return JsonResponse(words, status=200 if all(parts.values()) else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone())
    except DatabaseError:
        return False


def _redis_answers() -> bool:
    try:
        return bool(live_redis().ping())
    except (RedisError, OSError):
        return False
