"""The answer of a request that had an Idempotency-Key."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class StoredAnswer(models.Model):
    """What a request with a key was answered. It is written with what the request changed.

    A key belongs to a user, so it outlives the token that was used.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # the unique constraint serves it
    )
    key = models.CharField(max_length=100)
    #: The hash of method, address and body.
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="stored_answer_unique_key")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"
