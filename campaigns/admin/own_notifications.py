"""The page on which an operator chooses of which events they are told by e-mail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
)

from campaigns.creation.notification_choice import LONGEST_ADDRESS
from campaigns.models import Notification, UserNotifications
from campaigns.notification_states import NotificationEvent
from campaigns.notifications.choose import choose_for_user
from campaigns.notifications.make import VIEW
from foundation.refusals import Refusal


class OwnForm(forms.Form):
    """Which events, to which address, in which language."""

    events = forms.MultipleChoiceField(
        label=gettext_lazy("Tell me when"),
        choices=NotificationEvent.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("For every campaign. Nothing is chosen: you are told nothing."),
    )
    address = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=LONGEST_ADDRESS,
        required=False,
        widget=UnfoldAdminEmailInputWidget,
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the e-mails"),
        choices=settings.LANGUAGES,
        widget=UnfoldAdminSelectWidget,
    )


class OwnNotifications:
    """Mixin of NotificationAdmin: the page of an operator's own settings."""

    def own_view(self, request: HttpRequest) -> HttpResponse:
        """Show the operator's own settings (GET), or store them (POST). Each has their own."""
        row = UserNotifications.objects.filter(user=request.user.pk).first()
        form = OwnForm(request.POST or None, initial=_initial(request, row))
        if request.method == "POST" and form.is_valid() and _stored(request, form):
            return HttpResponseRedirect(reverse("admin:campaigns_notification_own"))
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Notification._meta,
            "title": _("My notifications"),
            "form": form,
            "is_mail_on": settings.EMAIL_IS_ON,
            "may_view": request.user.has_perm(VIEW),
        }
        return TemplateResponse(request, "console/notifications/own.html", context)


def _initial(request: HttpRequest, row: UserNotifications | None) -> dict[str, Any]:
    language = get_language() or settings.LANGUAGE_CODE
    if row is None:
        return {"events": [], "address": request.user.email, "language": language}  # type: ignore[union-attr]
    return {"events": row.events, "address": row.address, "language": row.language or language}


def _stored(request: HttpRequest, form: OwnForm) -> bool:
    try:
        choose_for_user(user=request.user, **form.cleaned_data)
    except Refusal as refusal:
        form.add_error("address" if refusal.code == "address" else None, refusal.sentence)
        return False
    messages.success(request, _("Your notifications are stored."))
    return True
