"""The model field that stores a sentence as message and values, and loads it translated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Model
from django.db.models.expressions import Combinable
from django.db.models.lookups import IContains
from django.db.models.sql.compiler import SQLCompiler

from foundation.sentences import escaped, messages_with, read, stored

#: How many messages a search looks for besides the term itself; each is one more LIKE.
MOST_MESSAGES = 50


if TYPE_CHECKING:
    _CharField = CharField[str | Combinable, str]
else:
    _CharField = CharField


class SentenceField(_CharField):
    """A text column for sentences (`foundation.sentences`).

    For the database and the migrations it is a CharField, so processes of an older version can read
    and write the same column.
    """

    def deconstruct(self) -> Any:
        """Describe the field to migrations as a CharField."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def from_db_value(self, value: str | None, *_about: Any) -> str | None:
        """Return the stored sentence in the active language."""
        return value if value is None else read(value)

    def get_prep_value(self, value: Any) -> Any:
        """Return the stored form, shortened to the column's width."""
        plain = value if isinstance(value, str) else super().get_prep_value(value)
        return plain if plain is None else stored(plain, longest=self.max_length)

    def value_to_string(self, obj: Model) -> str:
        """Return the stored form, for dumpdata."""
        return str(self.get_prep_value(self.value_from_object(obj)) or "")

    def to_python(self, value: Any) -> Any:
        """Return the sentence of a stored form, for loaddata."""
        plain = super().to_python(value)
        return read(plain) if type(plain) is str else plain


@SentenceField.register_lookup
class SentenceContains(IContains):
    """`icontains` that also searches the translation, for the console's search.

    A row matches if its stored form contains the term, or contains a message whose translation into
    the active language does. A term that spans message and value is not found.
    """

    lookup_name = "icontains"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        """Return one LIKE for the term and one for each message with that term."""
        if not isinstance(self.rhs, str):
            return super().as_sql(compiler, connection)
        needles = {self.rhs: None, escaped(self.rhs): None}
        for message in messages_with(self.rhs)[:MOST_MESSAGES]:
            needles[escaped(message)] = None
        parts: list[str] = []
        params: list[Any] = []
        for needle in needles:
            sql, more = compiler.compile(IContains(self.lhs, needle))
            parts.append(sql)
            params += more
        return f"({' OR '.join(parts)})", params
