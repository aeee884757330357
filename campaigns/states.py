"""What a campaign may choose besides what its runs have."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class OnLostAccount(models.TextChoices):
    """What becomes of deliveries whose account was quarantined and that no other can send."""

    FAIL = "fail", _("fail: they can be retried once the account works again")
    WAIT = "wait", _("wait until the account works again")
