"""The lock around the pages of all models: what restricted users get is read from one table.

It is put around each page after all are registered, so it is the outermost word on rows, columns,
filters, fields and actions, whatever a page and its mixins add; and a new page has it too.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest

from foundation.admin.key_fields import is_key
from foundation.restricted import is_restricted, may_open, visible
from restrictions.open import MODELS, OpenModel

_CLOSED = OpenModel(())


def lock(site: AdminSite) -> None:
    """Put the lock around every page that is registered."""
    for page in site._registry.values():
        page.__class__ = _locked(type(page))


@cache
def _locked(kind: Any) -> Any:
    return type(
        kind.__name__, (Lock, kind), {"__module__": kind.__module__, "__doc__": kind.__doc__}
    )


class Lock:
    """The outermost class of every page."""

    model: Any

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows that the user may see."""
        return visible(super().get_queryset(request), request.user)  # type: ignore[misc]

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns."""
        return self._unless_restricted(request, "get_list_display", list(self._open_model.columns))

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Return the filters."""
        return self._unless_restricted(request, "get_list_filter", list(self._open_model.filters))

    def get_actions(self, request: HttpRequest) -> Any:
        """Return the actions for many rows."""
        found = super().get_actions(request)  # type: ignore[misc]
        if not is_restricted(request.user):
            return found
        return {name: one for name, one in found.items() if name in self._open_model.actions}

    def get_actions_list(self, request: HttpRequest) -> Any:
        """Return the buttons above the list: those whose pages are open."""
        found = super().get_actions_list(request)  # type: ignore[misc]
        return [one for one in found if may_open(request.user, one.action_name)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the sections of a row's page."""
        if is_restricted(request.user) and self._open_model.hidden is not None:
            sections = super().get_fieldsets(request, obj)  # type: ignore[misc]
            return _without(sections, self._open_model.hidden)
        shown = [(None, {"fields": list(self._open_model.fields)})]
        return self._unless_restricted(request, "get_fieldsets", shown, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields of a row's page."""
        if self._open_model.hidden is not None:  # `get_fieldsets` leaves out what is hidden
            return super().get_fields(request, obj)  # type: ignore[misc]
        return self._unless_restricted(request, "get_fields", list(self._open_model.fields), obj)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Return the rows of other models on a row's page."""
        return self._unless_restricted(request, "get_inlines", [], obj)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Return whether the user adds rows."""
        allowed = self._open_model.adds or not is_restricted(request.user)
        return bool(allowed and super().has_add_permission(request, *args))  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Return whether the user deletes rows."""
        allowed = self._open_model.deletes or not is_restricted(request.user)
        return bool(allowed and super().has_delete_permission(request, *args))  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Return whether the user changes rows."""
        allowed = self._open_model.changes or not is_restricted(request.user)
        return bool(allowed and super().has_change_permission(request, *args))  # type: ignore[misc]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Return whether a list may be asked a question."""
        allowed = not is_restricted(request.user) or _may_ask(
            self.model, lookup, value, request.user
        )
        return bool(allowed and super().lookup_allowed(lookup, value, request))  # type: ignore[misc]

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, *args: Any) -> Any:
        """Answer for a row that does not exist, or is somebody else's: both alike."""
        if is_restricted(request.user):
            raise Http404
        return super()._get_obj_does_not_exist_redirect(request, *args)  # type: ignore[misc]

    def _unless_restricted(self, request: HttpRequest, name: str, answer: Any, *args: Any) -> Any:
        """Return the answer for a restricted user, and what the page itself answers for others."""
        if is_restricted(request.user):
            return answer
        return getattr(super(), name)(request, *args)

    @property
    def _open_model(self) -> OpenModel:
        return MODELS.get(self.model, _CLOSED)


def _without(sections: Any, hidden: tuple[str, ...]) -> list[Any]:
    """Return the sections of a form without some fields, and without sections that are empty."""
    found = []
    for title, options in sections:
        fields = [
            tuple(name for name in one if name not in hidden) if isinstance(one, tuple) else one
            for one in options["fields"]
        ]
        kept = [one for one in fields if one and one not in hidden]
        if kept:
            found.append((title, {**options, "fields": kept}))
    return found


def _may_ask(model: Any, lookup: str, value: Any, user: Any) -> bool:
    """Return whether a list may be asked a question: by its own columns, or one visible row.

    A question about the columns of other rows would answer, letter by letter, what they are called.
    """
    parts = lookup.split("__")
    names = {one.name: one for one in model._meta.get_fields()}
    found = names.get(parts[0])
    if found is None or not found.is_relation:
        return True
    is_one_row = parts[1:] in (["id", "exact"], ["pk", "exact"], ["exact"])
    if not is_one_row or not is_key(value) or found.related_model is None:
        return False
    return bool(visible(found.related_model._default_manager.filter(pk=int(value)), user).exists())
