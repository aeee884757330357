"""The page of one delivery, and the same story as a panel beside any list of deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from campaigns.admin.page_urls import run_url
from campaigns.admin.result_code_colours import CODE_COLOURS
from campaigns.models import CampaignRun
from campaigns.reports.delivery_story import Step, Story, find_delivery, story_of
from contacts.models import Suppression
from foundation.admin import require
from foundation.admin.key_fields import is_key
from sending.code_meanings import code_meaning
from sending.models import Delivery
from sending.states import DeliveryState, RunState

#: The longest address of a page that a verb leads back to.
LONGEST_BACK = 1_000


@dataclass(frozen=True, slots=True)
class Button:
    """Something that can be done: its words, where it leads, and its icon."""

    words: str
    address: str
    icon: str


class DeliveryStory:
    """Mixin of DeliveryAdmin: the page in place of a form, and the fragment of the panel."""

    #: The colour of each state's badge.
    state_colours: dict[DeliveryState, str]

    def get_urls(self) -> list[URLPattern]:
        """Add the fragment of the panel."""
        story = self.admin_site.admin_view(self.story_view)  # type: ignore[attr-defined]
        own = [path("<int:object_id>/story/", story, name="sending_delivery_story")]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the story as a page of its own; what is no delivery, and a form, is Django's."""
        key = unquote(object_id)
        found = find_delivery(int(key)) if is_key(key) else None
        if found is None or request.method not in ("GET", "HEAD"):
            shown: HttpResponse = super().change_view(request, object_id, form_url, extra_context)  # type: ignore[misc]
            return shown
        require(self.has_view_permission(request, found))  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            **self._story_context(request, found),
            "opts": Delivery._meta,
            "title": str(found),
            "original": found,
        }
        return TemplateResponse(request, "console/delivery/page.html", context)

    def story_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Answer with the story alone, unless it is the one that has the stamp."""
        require(self.has_view_permission(request))  # type: ignore[attr-defined]
        found = find_delivery(object_id)
        if found is None:
            raise Http404
        context = self._story_context(request, found)
        if request.GET.get("stamp") == context["story"].stamp:
            return HttpResponse(status=204)
        return TemplateResponse(request, "console/delivery/story.html", context)

    def _story_context(self, request: HttpRequest, delivery: Delivery) -> dict[str, Any]:
        story = story_of(delivery)
        back = back_of(request)
        return {
            "story": story,
            "delivery": delivery,
            # The badge says the state already.
            "is_told": story.stands != delivery.get_state_display() or bool(story.why),
            "colour": self.state_colours[DeliveryState(delivery.state)],
            "steps": [_shown(step) for step in story.steps],
            "run_address": run_url(story.run),
            "buttons": _buttons(request, story, back=back, may_resolve=self._may_resolve(request)),
            "back": back,
        }

    def _may_resolve(self, request: HttpRequest) -> bool:
        return bool(self.has_resolve_permission(request))  # type: ignore[attr-defined]


def back_of(request: HttpRequest) -> str:
    """Return the page of the console on which the panel was open; "" if there is none."""
    back = request.GET.get("back", "")[:LONGEST_BACK]
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if is_ours else ""


def place_of(delivery_id: int, back: str) -> str:
    """Return where a delivery is shown: in the panel of the page `back`, or on its own page."""
    if back:
        return f"{back}#delivery-{delivery_id}"
    return reverse("admin:sending_delivery_change", args=[delivery_id])


def _shown(step: Step) -> dict[str, Any]:
    """Return a step with the colour and the meaning of its code."""
    colours = {"reply": "primary", "opt_out": "danger", "act": "info"}
    if step.res is None:
        return {"one": step, "colour": colours.get(step.kind, "")}
    colour = CODE_COLOURS.get(step.res, "danger") if step.res else "info"
    return {"one": step, "colour": colour, "code": code_meaning(step.res)}


def _buttons(request: HttpRequest, story: Story, *, back: str, may_resolve: bool) -> list[Button]:
    """Return what this operator can do about a delivery now."""
    delivery, may = story.delivery, request.user.has_perm
    query = f"?{urlencode({'back': back})}" if back else ""

    def resolve(verdict: str) -> str:
        page = reverse("admin:sending_delivery_resolve", args=[delivery.pk, verdict])
        return f"{page}{query}"

    buttons = []
    if delivery.state == DeliveryState.UNKNOWN and may_resolve:
        buttons += [
            Button(_("It arrived"), resolve("arrived"), "check_circle"),
            Button(_("It did not arrive"), resolve("lost"), "cancel"),
            Button(_("Send again"), resolve("again"), "replay"),
        ]
    if delivery.state == DeliveryState.FAILED and may_resolve and _can_be_retried(story):
        buttons.append(Button(_("Retry"), resolve("retry"), "replay"))
    if story.conversation is not None and may("conversations.view_conversation"):
        page = reverse("admin:conversations_conversation_change", args=[story.conversation])
        buttons.append(Button(_("Conversation"), page, "forum"))
    person = delivery.contact if may("contacts.change_contact") else None
    everywhere = Suppression.objects.filter(uin=delivery.uin, contact_list=None)
    if person is not None and not everywhere.exists():
        page = reverse("admin:contacts_contact_ask", args=[person.pk, "suppress"])
        buttons.append(Button(_("Suppress"), page, "block"))
    return buttons


def _can_be_retried(story: Story) -> bool:
    is_reopened = isinstance(story.run, CampaignRun) and story.run.state != RunState.CANCELLED
    return is_reopened and bool(story.delivery.uin)
