"""The console's addresses as they are where e-mail is set up."""

from __future__ import annotations

from qqcampaign.urls import PASSWORD_RESET, handler403
from qqcampaign.urls import urlpatterns as without_mail

__all__ = ["handler403", "urlpatterns"]

urlpatterns = [*PASSWORD_RESET, *without_mail]
