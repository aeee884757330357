"""The page that fills a list from other lists and a segment: people in A and B, not in C."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from contacts.lists.combine import combine_lists
from contacts.models import ContactList, Segment
from foundation.admin import require
from foundation.name_form_field import NameFormField
from foundation.refusals import Refusal
from foundation.sentences import Sentence


def _lists(label: Any) -> forms.ModelMultipleChoiceField:
    return forms.ModelMultipleChoiceField(
        label=label,
        queryset=ContactList.objects.order_by("name"),
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
    )


class CombineForm(forms.Form):
    """The lists and the segment to take people from, and the list to add them to."""

    segment = forms.ModelChoiceField(
        label=_("People who meet this segment's conditions now"),
        queryset=Segment.objects.filter(archived_at=None).order_by("name"),
        required=False,
        empty_label=_("no such condition"),
        widget=UnfoldAdminSelectWidget,
    )
    any_of = _lists(_("in at least one of these lists"))
    all_of = _lists(_("in every one of these lists"))
    none_of = _lists(_("in none of these lists"))
    contact_list = forms.ModelChoiceField(
        label=_("Add to list"),
        queryset=ContactList.objects.filter(archived_at=None).order_by("name"),
        required=False,
        empty_label=_("a new list"),
        widget=UnfoldAdminSelectWidget,
        help_text=_("People already in it stay in it."),
    )
    new_list = NameFormField(
        label=_("Name of the new list"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )

    def clean(self) -> dict[str, Any]:
        """Require either an existing list or the name of a new one."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        chosen, name = data.get("contact_list"), data.get("new_list") or ""
        if (chosen is None) == (not name):
            self.add_error("new_list", gettext("Choose a list above, or name a new one here."))
        twin = ContactList.objects.named(name)
        if twin is not None:
            self.add_error(
                "new_list",
                gettext("The list “%(name)s” exists; choose it above.") % {"name": twin.name},
            )
        data["new_list"] = name
        return data


class ListCombination:
    """The page of combining lists, mixed into the list's admin."""

    def combine_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form (GET), or add the people it selects to the list (POST)."""
        require(request.user.has_perms(["contacts.add_contactlist", "contacts.view_contact"]))
        data = request.POST if request.method == "POST" else None
        form = CombineForm(data, initial={"segment": request.GET.get("segment")})
        if form.is_valid():
            try:
                return self._combine(request, form.cleaned_data)
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": ContactList._meta,
            "title": gettext("Combine lists"),
            "form": form,
            "back": reverse("admin:contacts_contactlist_changelist"),
        }
        return TemplateResponse(request, "console/people/combine.html", context)

    def _combine(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        with transaction.atomic():
            into = data["contact_list"]
            if into is None:
                into = ContactList.objects.create(name=data["new_list"])
                self.log_addition(request, into, [{"added": {}}])  # type: ignore[attr-defined]
            else:
                require(request.user.has_perm("contacts.change_contactlist"))
            added = combine_lists(
                into=into,
                segment=data["segment"],
                **{name: data[name] for name in ("any_of", "all_of", "none_of")},
            )
            message = (
                Sentence("%(n)d person was added to the list %(name)s.")
                if added == 1
                else Sentence("%(n)d people were added to the list %(name)s.")
            )
            sentence = message % {"n": added, "name": into}
            self.log_change(request, into, sentence)  # type: ignore[attr-defined]
        messages.success(request, sentence)
        people = reverse("admin:contacts_contact_changelist")
        return HttpResponseRedirect(f"{people}?lists__id__exact={into.pk}")
