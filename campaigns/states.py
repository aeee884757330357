"""The choices of a campaign that the sending engine does not know."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class OnLostAccount(models.TextChoices):
    """What to do with deliveries of a quarantined account that no other account can send."""

    FAIL = "fail", _("fail: they can be retried once the account works again")
    WAIT = "wait", _("wait until the account works again")
