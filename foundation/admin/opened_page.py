"""Whether a row was changed after a page with a form of its own was opened.

`foundation.admin.edits` compares the forms of models field by field. Here the fields of the form
are not those of the model. So the page says what changed, keeps what the operator typed, and saves
it at the next click.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core import signing
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _

from foundation.admin.edits import SEEN_FIELD
from foundation.admin.seen_values import encoded, packed

SALT = "foundation.admin.opened_page"


def opened_values(row: Model | None, names: Sequence[str]) -> str:
    """Return the token of a row's values, for a hidden field named `SEEN_FIELD`.

    Args:
        row: the row as it is stored; None for a new one.
        names: the fields that the page saves.
    """
    return signing.dumps(_values(row, names) if row is not None else {}, salt=SALT, compress=True)


def is_told_of_changes(
    request: HttpRequest, form: forms.BaseForm, row: Model, names: Sequence[str]
) -> bool:
    """Return whether another operator changed the row meanwhile; if so, add an error to the form.

    Args:
        request: the request that saves.
        form: the page's form, validated.
        row: the row that is saved.
        names: the fields that the page saves.
    """
    if row.pk is None or SEEN_FIELD not in request.POST:
        return False
    try:
        before = signing.loads(request.POST[SEEN_FIELD], salt=SALT)
    except signing.BadSignature:
        before = {}
    now = type(row)._base_manager.filter(pk=row.pk).first()
    stored = _values(now, names) if now is not None else {}
    changed = [name for name in names if stored.get(name) != before.get(name)]
    if not changed:
        return False
    options = row._meta
    theirs = "; ".join(
        f"{options.get_field(name).verbose_name}: {getattr(now, name, '')}"[:500]  # type: ignore[union-attr]
        for name in changed
    )
    form.add_error(
        None,
        forms.ValidationError(
            _(
                "Someone else changed this while you were editing; nothing is saved yet. Now it "
                "is: %(theirs)s. Save again to put yours in its place, or open the page anew to "
                "keep theirs."
            ),
            params={"theirs": theirs},
            code="edited_meanwhile",
        ),
    )
    return True


def _values(row: Model, names: Sequence[str]) -> dict[str, Any]:
    return {name: packed(encoded(getattr(row, name))) for name in names}
