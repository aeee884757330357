"""The page on which rules are put into their order."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from conversations.models import ReplyRule
from conversations.rules.order import order_rules
from foundation.admin import require
from foundation.admin.key_fields import is_key

#: The posted place of a rule, by its key.
_PLACE = "place-"
#: Where a rule without a readable place goes: behind the others.
_LAST = 10**6


class RuleOrderPage:
    """Mixin of ReplyRuleAdmin: the page of the order, and the button that leads to it."""

    @action(
        description=gettext_lazy("Change the order"),
        url_path="to-order",
        icon="swap_vert",
        permissions=["change"],
    )
    def to_order(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the page of the order."""
        return redirect("admin:conversations_replyrule_order")

    def order_view(self, request: HttpRequest) -> HttpResponse:
        """Show the rules in their order (GET), or store another (POST)."""
        require(self.has_change_permission(request))  # type: ignore[attr-defined]
        if request.method == "POST":
            order_rules(first=_posted(request), by=request.user)
            messages.success(request, _("The rules have this order from the next message on."))
            return redirect("admin:conversations_replyrule_changelist")
        rules = ReplyRule.objects.order_by("position", "pk")
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": ReplyRule._meta,
            "title": _("Order of the rules"),
            "rows": list(enumerate(rules, start=1)),
        }
        return TemplateResponse(request, "console/inbox/rule_order.html", context)


def _posted(request: HttpRequest) -> list[ReplyRule]:
    """Return the rules of the form by their places; equal ones keep their order."""
    places: dict[int, int] = {}
    for name in request.POST:
        key, value = name.removeprefix(_PLACE), str(request.POST[name])
        if name.startswith(_PLACE) and is_key(key):
            places[int(key)] = int(value) if is_key(value) else _LAST
    rules = ReplyRule.objects.filter(pk__in=places).order_by("position", "pk")
    return sorted(rules, key=lambda rule: places[rule.pk])
