"""Importing accounts from a file, without storing or showing a password.

A password is turned into its wire digest while its row is read. All later steps have the digest
only, and it is stored encrypted. No log, rejects file, audit record or exception contains a
password, and the file is not copied.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from accounts.columns import is_number_like
from accounts.imports.rows import (
    CREDENTIAL,
    FIELDS,
    AccountRow,
    AccountRowReader,
)
from accounts.imports.titles import TITLES, guess_fields
from accounts.models import Account, AccountEvent, Egress, Lease
from accounts.states import AccountState, StateReason
from accounts.transitions import restart_after_password_change
from clocks import shared
from foundation.refusals import Refusal
from labels.columns import LABEL_NAMES, has_other_labels, set_labels
from tabular import (
    CsvWriter,
    FileProblem,
    Inspection,
    Row,
    RowProblem,
    inspect_table,
    open_table,
)
from tabular.changing_files import refuse_changed, state_of

#: Rejections that the result lists; all of them are in the rejects file.
FIRST_ERRORS = 20
#: The most accounts in a file: they are compared with the existing ones in memory.
MOST_ACCOUNTS = 100_000
_BATCH = 1_000


@dataclass(slots=True)
class AccountImport:
    """The result of an import of accounts.

    Attributes:
        created, updated, unchanged, rejected: numbers of rows.
        rows: the number of all rows.
        rejects_file: the rejected rows without their passwords, with line and reason; None if
            there are none.
        errors: the first rejections as {"line", "column", "reason"}.
        sheet: the sheet that was read; empty for a text file.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rows: int = 0
    rejects_file: Path | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    sheet: str = ""


def import_accounts(
    *,
    path: Path,
    name: str = "",
    egress: str = "",
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    header_line: int | None = None,
    by: Any = None,
) -> AccountImport:
    """Create the accounts of a file and update existing ones, in one transaction.

    An existing account gets the values in the file (name, pace, egress, status, password) and keeps
    the others. If it is quarantined because its login was refused, a different password enables it
    again. An unknown egress is created: its worker may start later.

    Args:
        path: the file.
        name: the name of the file on the operator's computer; empty: that of `path`.
        egress: the egress for accounts whose row has none; empty: chosen at login.
        encoding, delimiter, sheet: the layout of the file; empty: detected.
        header_line: the line of the header, 0 for none; None: detected.
        by: the operator, for the audit trail.

    Raises:
        Refusal: the file is not a table, has no uin column or too many rows, its encoding is
            uncertain, or it was changed while it was read.
    """
    before = state_of(path)
    found, columns = _inspect(
        path, name, encoding=encoding, delimiter=delimiter, sheet=sheet, header_line=header_line
    )
    if found.layout.doubts:
        raise Refusal(
            _(
                "The encoding of the file is uncertain (%(names)s). Save it as UTF-8, or name the "
                "encoding on the command line: --encoding NAME."
            )
            % {"names": ", ".join(found.layout.doubts)},
            code="encoding_uncertain",
        )
    reader = AccountRowReader(columns=found.columns, fields=columns)
    result, rows, rejected = AccountImport(sheet=found.layout.sheet), [], []
    for row in _rows(path, name, found):
        result.rows += 1
        if result.rows > MOST_ACCOUNTS:
            raise Refusal(
                _("The file has more than %(most)d accounts. Split it.") % {"most": MOST_ACCOUNTS},
                code="too_many_rows",
            )
        try:
            rows.append(reader.read(*row))
        except RowProblem as problem:
            rejected.append((row, problem))
    refuse_changed(path, since=before)
    with transaction.atomic():
        rejected += _write(rows, egress, by, result, found.columns)
    _report(result, rejected, found, columns)
    return result


def _inspect(path: Path, name: str, **layout: Any) -> tuple[Inspection, dict[str, int]]:
    """Return the layout of a file, and the column of each field."""
    try:
        found = inspect_table(path, name=name or path.name, known_titles=TITLES["uin"], **layout)
    except FileProblem as problem:
        raise Refusal(problem.sentence, code=problem.code) from None
    return found, guess_fields(found.columns)


def _rows(path: Path, name: str, found: Inspection) -> list[Row]:
    layout = found.layout
    try:
        table = open_table(
            path,
            name=name or path.name,
            encoding=layout.encoding,
            delimiter=layout.delimiter,
            sheet=layout.sheet,
        )
        rows = []
        for row in table.rows():
            if row[0] > found.header_line:
                rows.append(row)
            if len(rows) > MOST_ACCOUNTS + 1:
                break
        return rows
    except FileProblem as problem:
        raise Refusal(problem.sentence, code=problem.code) from None


def _write(
    rows: list[AccountRow], egress: str, by: Any, result: AccountImport, columns: Sequence[str]
) -> list[tuple[Row, RowProblem]]:
    """Write new and changed accounts; return the rows that cannot be written."""
    known = {account.uin: account for account in _locked([row.uin for row in rows])}
    egresses = _egresses({row.values.get("egress") or egress for row in rows} - {""})
    new, changed, rejected = [], [], []
    labelled: list[tuple[Account, str | None]] = []
    with_new_password = []
    for row in rows:
        values = dict(row.values)
        label_names = values.pop(LABEL_NAMES, None)
        name = values.pop("egress", "") or egress
        if name:
            values["egress"] = egresses[name]
        account = known.get(row.uin)
        if account is not None:
            if CREDENTIAL in values and account.credential != values[CREDENTIAL]:
                with_new_password.append(account)
            is_other = any(getattr(account, key) != value for key, value in values.items())
            has_others = has_other_labels(account, label_names)
            if is_other or has_others:
                for key, value in values.items():
                    setattr(account, key, value)
                changed.append(account)
            if has_others:
                labelled.append((account, label_names))
        elif CREDENTIAL not in values:
            problem = RowProblem(_("password"), _("blank: a new account needs its password"))
            rejected.append((row.source, problem))
        else:
            new.append(Account(uin=row.uin, **values))
            labelled.append((new[-1], label_names))
    _create(new, by)
    _change(changed, by)
    set_labels(labelled, by=by)
    for account in with_new_password:
        restart_after_password_change(account=account, by=by)
    result.created, result.updated = len(new), len(changed)
    result.unchanged = len(rows) - len(new) - len(changed) - len(rejected)
    return rejected


def _locked(uins: list[int]) -> list[Account]:
    rows = Account.objects.select_for_update().filter(uin__in=uins)
    return list(rows.prefetch_related("labels"))


def _egresses(names: set[str]) -> dict[str, Egress]:
    return {name: Egress.objects.get_or_create_named(name)[0] for name in sorted(names)}


def _create(accounts: list[Account], by: Any) -> None:
    made = bulk_create_with_history(accounts, Account, batch_size=_BATCH, default_user=by)
    # The Unix time is above every SEQ that an earlier database can have used for the account,
    # and below 2^31. The random part makes accounts of one file count from different numbers.
    now = int(shared.wall().timestamp())
    Lease.objects.bulk_create(
        [Lease(account=a, last_seq=now + secrets.randbelow(100_000)) for a in made],
        batch_size=_BATCH,
    )
    AccountEvent.objects.bulk_create(
        [
            AccountEvent(account=a, state=AccountState.NEW, reason=StateReason.IMPORTED, by=by)
            for a in made
        ],
        batch_size=_BATCH,
    )


def _change(accounts: list[Account], by: Any) -> None:
    if accounts:
        bulk_update_with_history(
            accounts, Account, list(FIELDS), batch_size=_BATCH, default_user=by
        )


def _without_secrets(cells: list[str], width: int, columns: dict[str, int]) -> list[str]:
    """Return a row with empty cells where a password is or may be.

    The cells of a row with too many or too few of them, or with a UIN that is not a number, are
    shifted: any of them may be the password. So may a cell in an unknown column.
    """
    shown = {number for name, number in columns.items() if name != "password"}
    if len(cells) != width or not is_number_like(cells[columns["uin"]]):
        shown = set()
    return [cells[n] if n in shown and n < len(cells) else "" for n in range(width)]


def _report(
    result: AccountImport,
    rejected: list[tuple[Row, RowProblem]],
    found: Inspection,
    columns: dict[str, int],
) -> None:
    rejected.sort(key=lambda pair: pair[0][0])
    result.rejected = len(rejected)
    result.errors = [
        {"line": row[0], "column": problem.column, "reason": problem.reason}
        for row, problem in rejected[:FIRST_ERRORS]
    ]
    if not rejected:
        return
    folder = Path(settings.QQCAMPAIGN_HOME) / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"rejected-accounts-{secrets.token_hex(8)}.csv"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        writer = CsvWriter(out)
        writer.write([[*found.columns, _("line"), _("reason")]])
        for (line, cells, _problem), problem in rejected:
            safe = _without_secrets(cells, len(found.columns), columns)
            writer.write([[*safe, line, problem.reason]])
    result.rejects_file = path
