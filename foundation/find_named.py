"""Find a row by the name that an operator wrote; for an unknown name suggest the nearest."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from foundation.named_model import NamedModel, NamedQuerySet
from foundation.names import shown_name
from foundation.refusals import Refusal

#: The most names that are compared to suggest the nearest one.
MOST_NAMES = 5_000

Named = TypeVar("Named", bound=NamedModel)


def find_named(model: type[Named], name: str, *, missing: str, code: str) -> Named:
    """Return the row with this name, by what it looks like.

    Args:
        model: its model.
        name: the name as it was written.
        missing: the sentence for an unknown name, with %(name)s.
        code: the code of the refusal.

    Raises:
        Refusal: there is none; the sentence names the nearest one, or some that there are.
    """
    rows: NamedQuerySet = model._default_manager.all()
    found: Named | None = rows.named(name)
    if found is not None:
        return found
    names: list[Any] = list(rows.order_by("-pk").values_list("name", flat=True)[:MOST_NAMES])
    name = shown_name(name)
    sentence = missing % {"name": name}
    near = get_close_matches(name, names, n=1)
    if near:
        sentence += " " + _("Did you mean “%(near)s”?") % {"near": near[0]}
    elif names:
        sentence += " " + _("There are: %(names)s.") % {"names": ", ".join(names[:10])}
    raise Refusal(sentence, code=code, name=name, nearest=near[0] if near else None)
