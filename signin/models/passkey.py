"""A key that a user's device or password manager holds."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Passkey(models.Model):
    """A passkey (WebAuthn credential) of a user."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    credential_id = models.CharField(max_length=1400, unique=True)
    #: The attested credential data, base64url: identifier and public key.
    credential = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
