"""The one place through which rows are read: the managers of tables.

While a restricted user is served (`foundation.restricted.seeing_as`), the managers of the tables in
`SCOPES` give only the rows of their part. Whatever finds rows for a person starts at a manager: the
look-up of a name, a list, the choices of a form, the check of what was posted, a related set. So
none of them has to ask by itself, and a row of somebody else is a row that does not exist.

A table that is not in `SCOPES` is given whole, because services need it; its pages and operations
are closed by the other locks. Django's own `_base_manager` is not scoped: a row that is found leads
to the row it belongs to, and a unique key is checked against all rows.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db.models import Manager, Model
from django.db.models.signals import m2m_changed, post_save
from django.forms import ModelChoiceField

from foundation.restricted import asking, note_written, seeing, seeing_as, visible
from restrictions.beyond import label_new
from restrictions.of_user import restriction_of
from restrictions.scopes import SCOPES, Scope


def scope_managers() -> None:
    """Put the scope in front of every manager of these tables, and note what is written there."""
    for model in SCOPES:
        _scope(model)
    scope_choices()
    post_save.connect(_saved, dispatch_uid="restrictions.saved")
    m2m_changed.connect(_related, dispatch_uid="restrictions.related")


def register_scope(model: type[Model], scope: Scope) -> None:
    """Register the rows of a table of an app above that a restriction leaves."""
    SCOPES[model] = scope
    _scope(model)


def _scope(model: type[Model]) -> None:
    """Scope the managers of a table, and of its bases: Django copies those anew for each model."""
    for base in model.__mro__:
        for manager in getattr(getattr(base, "_meta", None), "local_managers", ()):
            kind: Any = type(manager)
            manager.__class__ = _scoped(kind)
    model._meta._expire_cache()  # type: ignore[attr-defined]
    assert is_scoped(model), model


def is_scoped(model: type[Model]) -> bool:
    """Return whether the default manager of a table gives a restricted user's rows only."""
    return bool(getattr(model._default_manager, "is_scoped", False))


@cache
def _scoped(kind: Any) -> Any:
    """Return a kind of managers with the scope, otherwise like the given one.

    It takes the place of the kind and does not inherit from it: whoever asks a manager that
    `from_queryset` made for its bases, as the type checker's plugin does, finds the same ones.
    """
    if getattr(kind, "is_scoped", False):
        return kind

    def get_queryset(self: Any) -> Any:
        """Return the rows; while a restricted user is served, those of their part."""
        rows, user = kind.get_queryset(self), seeing()
        return rows if user is None or self.model not in SCOPES else visible(rows, user)

    own = {} if kind is Manager else dict(vars(kind))
    own |= {"get_queryset": get_queryset, "is_scoped": True, "__module__": kind.__module__}
    for name in ("__dict__", "__weakref__"):
        own.pop(name, None)
    return type(kind.__name__, (Manager,) if kind is Manager else kind.__bases__, own)


def _saved(sender: type[Model], instance: Model, *, created: bool, **_more: Any) -> None:
    user = asking()
    if user is None or sender not in SCOPES:
        return
    note_written(instance)
    restriction = restriction_of(user) if created else None
    if restriction is not None:
        with seeing_as(None):
            label_new(instance, restriction)


def _related(instance: Model, **_more: Any) -> None:
    if type(instance) in SCOPES:
        note_written(instance)


def scope_choices() -> None:
    """Scope the choices of form fields whose rows were given when their module was read.

    A form copies its fields for each request: that is where the rows are chosen anew.
    """
    copied = ModelChoiceField.__deepcopy__
    if getattr(copied, "is_scoped", False):
        return

    def copy(self: Any, memo: Any) -> Any:
        field, user = copied(self, memo), seeing()
        if user is not None and field.queryset is not None and field.queryset.model in SCOPES:
            field.queryset = visible(field.queryset, user)
        return field

    copy.is_scoped = True  # type: ignore[attr-defined]
    ModelChoiceField.__deepcopy__ = copy  # type: ignore[method-assign]
