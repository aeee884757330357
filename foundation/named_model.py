"""Rows with a name of their own: cleaned when saved, and unique by what it looks like.

The unique key is in the database. If two operators choose the same name at the same moment, one is
refused with a sentence that names the other's row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy

from foundation.name_form_field import NameFormField
from foundation.names import (
    LONGEST_KEY,
    LONGEST_NAME,
    clean_name,
    has_visible_character,
    name_key,
)
from foundation.refusals import Refusal
from foundation.restricted import asking, visible
from foundation.sentences import Sentence as _

if TYPE_CHECKING:
    _CharField = models.CharField[str | Combinable, str]
else:
    _CharField = models.CharField


class NameField(_CharField):
    """A name by the rule of `foundation.names`: forms refuse a bad one, and saving cleans it.

    For the database and the migrations it is a CharField.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", LONGEST_NAME)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Describe the field to migrations as a CharField."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        """Return the form field of a name."""
        return super().formfield(*args, **{"form_class": NameFormField, **kwargs})

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """Return the cleaned name, and set it."""
        value = getattr(model_instance, self.attname)
        if isinstance(value, str):
            value = self.cleaned(value)
            setattr(model_instance, self.attname, value)
        return value

    def cleaned(self, value: str) -> str:
        """Return the name as it is stored.

        Raises:
            Refusal: it cannot be a name.
        """
        if self.blank and not has_visible_character(value):
            return ""
        return clean_name(value, longest=self.max_length or LONGEST_NAME)


class NamedQuerySet(models.QuerySet[Any]):
    """Finds rows by name, and keeps the key when a name is changed in bulk."""

    def named(self, name: str) -> Any:
        """Return the row with this name, or one that differs only in case or width, or None."""
        return self.filter(name_key=name_key(name)).first() if name_key(name) else None

    def get_or_create_named(self, name: str, **values: Any) -> tuple[Any, bool]:
        """Return the row whose name looks like this one, and whether it was created.

        Raises:
            Refusal: there is none, and the name cannot be one.
        """
        return self.get_or_create(
            name_key=name_key(name), defaults={"name": clean_name(name), **values}
        )

    def update(self, **values: Any) -> int:
        """Update rows; a new name gets its key."""
        if isinstance(values.get("name"), str):
            name = values["name"] = self.model._meta.get_field("name").cleaned(values["name"])
            values["name_key"] = name_key(name)
        return super().update(**values)

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], *args: Any, **kw: Any) -> int:
        """Update columns of these rows; new names get their keys."""
        rows, names = list(objs), list(fields)
        if "name" in names:
            for row in rows:
                row.set_name()
            names = list(dict.fromkeys([*names, "name_key"]))
        return super().bulk_update(rows, names, *args, **kw)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Create these rows with their keys."""
        rows = list(objs)
        for row in rows:
            row.set_name()
        return super().bulk_create(rows, *args, **kwargs)


class NamedModel(models.Model):
    """A row whose name is unique by what it looks like."""

    name: Any = NameField(gettext_lazy("name"))
    name_key: Any = models.CharField(max_length=LONGEST_KEY, unique=True, editable=False)

    objects = models.Manager.from_queryset(NamedQuerySet)()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row; its key is saved with its name.

        Raises:
            Refusal: the name cannot be one, or a row with a name that looks like it exists.
        """
        columns: Collection[str] | None = kwargs.get("update_fields")
        if columns is not None and "name" not in columns:
            super().save(*args, **kwargs)
            return
        self.set_name()
        if columns is not None:
            kwargs["update_fields"] = {*columns, "name_key"}
        try:
            with transaction.atomic():
                super().save(*args, **kwargs)
        except IntegrityError:
            self.refuse_twin()
            raise

    def set_name(self) -> None:
        """Clean the name, and set the key that belongs to it.

        Raises:
            Refusal: the name cannot be one.
        """
        self._meta.get_field("name").pre_save(self, add=False)  # type: ignore[union-attr]
        self.name_key = name_key(self.name)

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        """Refuse, at the field, a name that looks like that of another row."""
        super().validate_unique(exclude=set(exclude) if exclude is not None else None)
        if exclude and "name" in exclude:
            return
        try:
            self.refuse_twin()
        except Refusal as refusal:
            raise ValidationError({"name": refusal.sentence}, code=refusal.code) from None

    def refuse_twin(self) -> None:
        """Refuse a name that looks like that of another row; the sentence names that row.

        A row that a restricted user does not see is named as they wrote it: not even how others
        spell it is told (decision 0072).

        Raises:
            Refusal: there is such a row (`name_taken`).
        """
        twin = self.twin()
        if twin is not None:
            name = self.told(twin)
            raise Refusal(
                _("The %(kind)s “%(name)s” already exists: choose another name.")
                % {"kind": str(self._meta.verbose_name), "name": name},
                code="name_taken",
                name=name,
            )

    def told(self, twin: Self) -> str:
        """Return the name of a row with a name that looks like this one's, for whoever asks."""
        seen: Any = visible(type(self)._base_manager.filter(pk=twin.pk), asking())
        return str(twin.name if seen.exists() else self.name)

    def twin(self) -> Self | None:
        """Return another row whose name looks like this one's, or None."""
        # Of all rows, also of those that a restricted user does not see: the name is taken.
        others: Any = type(self)._base_manager.exclude(pk=self.pk)
        twin: Self | None = others.filter(name_key=name_key(self.name)).first()
        return twin
