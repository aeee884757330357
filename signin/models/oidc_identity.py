"""A person of an OpenID provider, as the provider names them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

#: OpenID Connect allows a subject of 255 ASCII characters.
LONGEST_SUBJECT = 255


class OidcIdentity(models.Model):
    """The person that a user is at a provider. Names and e-mail addresses may change, this not."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=LONGEST_SUBJECT)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="oidc_identity_unique")
        ]

    def __str__(self) -> str:
        return self.subject
