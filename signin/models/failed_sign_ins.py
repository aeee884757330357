"""How often signing in failed in a row, by name and address."""

from __future__ import annotations

from django.db import models


class FailedSignIns(models.Model):
    """Failures in a row of one name from one address, or of all names from one address.

    The name is what was typed, whether or not there is such a user.
    """

    #: Empty: all names together.
    name = models.CharField(max_length=150, blank=True)
    address = models.CharField(max_length=45)
    failures = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(db_index=True)
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint("name", "address", name="failed_sign_ins_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name or '*'} {self.address}"
