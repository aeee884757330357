"""The live preview of a text: what a person would get, as the operator types."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from campaigns.creation.schedule import known_timezones
from campaigns.writing.preview import find_people, preview_text, sender_for
from foundation.admin import require
from foundation.names import name_key
from foundation.refusals import Refusal

#: The rights with which an operator writes texts; one of them is needed.
WRITING_RIGHTS = tuple(
    f"campaigns.{verb}_{model}"
    for verb in ("add", "change")
    for model in ("messagetemplate", "campaign", "snippet")
)


class TextPreviews:
    """Mixin of MessageTemplateAdmin: the preview of any text that is being written."""

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Answer a POST with the posted text as a person would get it. Nothing is written."""
        require(
            request.user.has_perm("contacts.view_contact")
            and any(request.user.has_perm(right) for right in WRITING_RIGHTS)
        )
        if request.method != "POST":
            raise Http404
        text = request.POST.get("text", "").replace("\r\n", "\n")
        refusal, people = "", []
        try:
            people = find_people(request.POST.get("person", ""))
        except Refusal as problem:
            refusal = problem.sentence
        person = people[0] if people else None
        account = sender_for(person) if request.user.has_perm("accounts.view_account") else None
        zone, snippet = request.POST.get("zone", ""), request.POST.get("snippet", "")
        context = {
            "people": people,
            "person": person,
            "account": account,
            "refusal": refusal,
            "preview": preview_text(
                text=text,
                person=person,
                account=account,
                zone=zone if zone in known_timezones() else "",
                given={name_key(snippet): text} if name_key(snippet[:300]) else None,
            ),
        }
        return TemplateResponse(request, "console/campaign/text_preview.html", context)
