"""The secret that a user's authenticator app holds too."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from foundation.encrypted_field import EncryptedTextField


class TotpSecret(models.Model):
    """A user's authenticator app."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    secret = EncryptedTextField()
    created_at = models.DateTimeField(auto_now_add=True)
    #: The step of the last code that was accepted: no code is accepted twice.
    last_step = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.user_id)
