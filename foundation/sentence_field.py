"""The column that keeps a sentence as message and values, and gives it back in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Model
from django.db.models.expressions import Combinable
from django.db.models.lookups import IContains
from django.db.models.sql.compiler import SQLCompiler

from foundation.sentences import escaped, messages_with, read, stored

#: Messages that are looked for besides the term itself: each is a LIKE of its own.
MOST_MESSAGES = 50


if TYPE_CHECKING:
    _CharField = CharField[str | Combinable, str]
else:
    _CharField = CharField


class SentenceField(_CharField):
    """A text column for sentences (`foundation.sentences`).

    To the database, and so to the migrations, it is the CharField it was: nothing is altered, and
    a process of an older version reads and writes it beside newer ones.
    """

    def deconstruct(self) -> Any:
        """Return a CharField: that is what the column is."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def from_db_value(self, value: str | None, *_about: Any) -> str | None:
        """Return a sentence in the active language."""
        return value if value is None else read(value)

    def get_prep_value(self, value: Any) -> Any:
        """Return the stored form, no longer than the column is wide."""
        plain = value if isinstance(value, str) else super().get_prep_value(value)
        return plain if plain is None else stored(plain, longest=self.max_length)

    def value_to_string(self, obj: Model) -> str:
        """Return the stored form, for dumpdata."""
        return str(self.get_prep_value(self.value_from_object(obj)) or "")

    def to_python(self, value: Any) -> Any:
        """Return a sentence for what loaddata brings."""
        plain = super().to_python(value)
        return read(plain) if type(plain) is str else plain


@SentenceField.register_lookup
class Says(IContains):
    """`icontains`, as the console's search uses it: also what the reader sees instead of the row.

    A row matches if its stored form has the term in it, or holds a message whose translation in
    the active language has. A value is found as it is; a term across message and value is not.
    """

    lookup_name = "icontains"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        """Return one LIKE for the term and one for each message that says it."""
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
