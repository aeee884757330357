"""The tour of the first visit: five places of the sidebar, from the first account to the report."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qqcampaign.console.models import TourSeen


def steps() -> list[dict[str, str]]:
    """Return the steps: the address in the sidebar, a title and a sentence."""
    return [
        {
            "address": reverse("admin:accounts_account_changelist"),
            "title": _("Sender accounts"),
            "text": _(
                "These accounts send. Import them from a file with UIN and password. The list "
                "says which are well and what the others lack."
            ),
        },
        {
            "address": reverse("admin:contacts_contactimport_changelist"),
            "title": _("Import your people"),
            "text": _(
                "Load people from a spreadsheet into a list. You see what each column becomes "
                "before anything is loaded, and an import can be taken back."
            ),
        },
        {
            "address": reverse("admin:campaigns_messagetemplate_changelist"),
            "title": _("Write a template"),
            "text": _(
                "A template is a text for many campaigns. While you write, you see it as a chosen "
                "person will read it."
            ),
        },
        {
            "address": reverse("admin:campaigns_campaign_changelist"),
            "title": _("Make a campaign"),
            "text": _(
                "Choose who gets what, from which accounts and when. The check says who would get "
                "it before anything is sent; afterwards you can pause at any time."
            ),
        },
        {
            "address": reverse("reports"),
            "title": _("Read the report"),
            "text": _(
                "What was sent, what failed and why, who replied and who opted out. Save a report, "
                "and have it sent to you by e-mail."
            ),
        },
    ]


def tour_context(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the tour on a page: whether it is offered, and whether it starts."""
    user = request.user
    asked = request.GET.get("tour") == "1"
    if isinstance(user, AnonymousUser) or not user.is_active:
        return {"tour_steps": []}
    is_offered = not asked and not TourSeen.objects.filter(user=user).exists()
    return {
        "tour_steps": steps() if asked or is_offered else [],
        "tour_is_offered": is_offered,
        "tour_starts": asked,
    }


@require_POST
def seen_view(request: HttpRequest) -> HttpResponse:
    """Remember that the user is not offered the tour again."""
    TourSeen.objects.get_or_create(user_id=int(request.user.pk or 0))
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    return HttpResponseRedirect(reverse("admin:index"))
