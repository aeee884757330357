"""Deleting lists in the console; the confirmation describes what happens to the opt-outs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from contacts.lists.delete import Deletion, delete_list, preview_deletion
from contacts.models import ContactList
from foundation.admin import confirmation, require, show_refusals
from foundation.refusals import Refusal


class ListDeletion:
    """Deleting one list or several, mixed into the list's admin."""

    actions = ["delete_selected"]

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what is deleted and what is kept (GET), or delete the list (POST)."""
        found = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if found is None:
            shown: HttpResponse = super().delete_view(request, object_id, extra_context)  # type: ignore[misc]
            return shown
        require(self.has_delete_permission(request, found))  # type: ignore[attr-defined]
        if request.method == "POST":
            is_deleted = self._delete(request, [found])
        else:
            deletion = preview_deletion(contact_list=found)
            if not deletion.blocking:
                return self._ask(request, [(found, deletion)], back=_page(found))
            is_deleted = False
            for sentence in deletion.blocking:
                messages.error(request, sentence)
        back = reverse("admin:contacts_contactlist_changelist") if is_deleted else _page(found)
        return HttpResponseRedirect(back)

    @admin.action(description=_("Delete"), permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[ContactList]
    ) -> HttpResponse | None:
        """Delete the selected lists after confirmation."""
        chosen = list(
            ContactList.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))
        )
        if request.POST.get("is_confirmed"):
            self._delete(request, chosen)
            return None
        previews = [(one, preview_deletion(contact_list=one)) for one in chosen]
        hidden = [
            ("action", "delete_selected"),
            ("is_confirmed", "1"),
            *((ACTION_CHECKBOX_NAME, one.pk) for one in chosen),
        ]
        back = reverse("admin:contacts_contactlist_changelist")
        return self._ask(request, previews, back=back, hidden=hidden)

    def delete_model(self, _request: HttpRequest, obj: ContactList) -> None:
        """Delete a list by the service, which keeps its opt-outs."""
        delete_list(contact_list=obj)

    def delete_queryset(self, _request: HttpRequest, queryset: QuerySet[ContactList]) -> None:
        """Delete lists by the service, which keeps their opt-outs."""
        for one in queryset:
            delete_list(contact_list=one)

    def _ask(
        self,
        request: HttpRequest,
        previews: list[tuple[ContactList, Deletion]],
        *,
        back: str,
        hidden: list[tuple[str, Any]] | None = None,
    ) -> HttpResponse:
        names = ", ".join(one.name for one, _deletion in previews)
        return confirmation(
            request,
            self,
            title=gettext("Delete the list %(name)s?") % {"name": names},
            sentences=[
                f"{one.name}: {sentence}" if len(previews) > 1 else sentence
                for one, deletion in previews
                for sentence in _sentences(deletion)
            ],
            verb=gettext("Delete"),
            back=back,
            is_dangerous=True,
            hidden=hidden or (),
        )

    def _delete(self, request: HttpRequest, lists: list[ContactList]) -> bool:
        """Delete each list in its own transaction, show the results; return whether all worked."""
        refusals = []
        for one in lists:
            name = one.name
            try:
                with transaction.atomic():
                    self.log_deletions(request, ContactList.objects.filter(pk=one.pk))  # type: ignore[attr-defined]
                    deletion = delete_list(contact_list=one)
            except Refusal as refusal:
                refusals.append(refusal)
                continue
            sentence = gettext("The list %(name)s is deleted.") % {"name": name}
            messages.success(request, " ".join([sentence, *_of_opt_outs(deletion, is_done=True)]))
        show_refusals(request, refusals)
        return not refusals


def _page(contact_list: ContactList) -> str:
    return reverse("admin:contacts_contactlist_change", args=[contact_list.pk])


def _sentences(deletion: Deletion) -> list[str]:
    """Return the effects of deleting a list as sentences, or why the deletion is refused."""
    if deletion.blocking:
        return [*deletion.blocking]
    people = ngettext(
        "%(n)d person is in it. They are not deleted.",
        "%(n)d people are in it. They are not deleted.",
        deletion.people,
    )
    return [people % {"n": deletion.people}, *_of_opt_outs(deletion), *deletion.losing]


def _of_opt_outs(deletion: Deletion, *, is_done: bool = False) -> list[str]:
    if not deletion.kept:
        return []
    if is_done:
        sentence = ngettext(
            "The opt-out of %(n)d person holds for every campaign now.",
            "The opt-outs of %(n)d people hold for every campaign now.",
            deletion.kept,
        )
    else:
        sentence = ngettext(
            "%(n)d person opted out of this list. That opt-out is kept: from then on no campaign "
            "at all writes to them.",
            "%(n)d people opted out of this list. These opt-outs are kept: from then on no "
            "campaign at all writes to them.",
            deletion.kept,
        )
    return [sentence % {"n": deletion.kept}]
