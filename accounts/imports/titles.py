"""The titles by which the columns of an account file are found."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.columns import COLUMNS
from foundation.refusals import Refusal
from tabular import plain_title

#: Field -> its titles, the most likely first, in the spelling of `plain_title`.
TITLES: dict[str, tuple[str, ...]] = {
    "uin": COLUMNS[0].titles,
    "password": ("password", "密码", "口令", "qq密码", "passwd", "pass", "pwd", "密碼"),
    **{column.field: column.titles for column in COLUMNS[1:]},
}


def guess_fields(columns: Sequence[str]) -> dict[str, int]:
    """Return the column of each field of an account, found by its title.

    Raises:
        Refusal: there is no uin column.
    """
    plain = [plain_title(title) for title in columns]
    fields: dict[str, int] = {}
    for name, titles in TITLES.items():
        number = next((plain.index(t) for t in titles if t in plain), None)
        if number is not None and number not in fields.values():
            fields[name] = number
    if "uin" not in fields:
        # Without a header the first line is data and may contain a password: it is not shown.
        are_titles = any(title != str(n) for n, title in enumerate(columns, 1))
        raise Refusal(
            _(
                "No column holds the UIN. The columns found are: %(columns)s. The first line must "
                "contain the titles uin,password and optionally name,min_interval,per_minute,"
                "per_hour,per_day,egress,status."
            )
            % {
                "columns": ", ".join(columns[:20])
                if are_titles
                else _("none, the file has no header")
            },
            code="no_uin_column",
        )
    return fields
