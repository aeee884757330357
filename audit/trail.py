"""The record of acts: one entry for each act that changed something or took data out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, QuerySet

from audit.changes import Change, changes_of, counts_of
from audit.models import LONGEST_NAME, AuditChange, AuditEntry, Channel, Kind, OpenAct
from audit.recorder import Recorder, current_recorder
from audit.values import plain
from clocks import shared
from foundation.acts import Act

log = logging.getLogger(__name__)

#: The verb of an act that was not named, by what it did to its row.
VERB_OF = {Kind.ADDED: "add", Kind.CHANGED: "change", Kind.DELETED: "delete"}


class AuditTrail:
    """Implements `foundation.acts.Trail`."""

    @contextmanager
    def record(self, act: Act) -> Iterator[None]:
        """Record what changes while the context is open, whatever ends it."""
        recorder = Recorder(lambda: _mark(act))
        token = current_recorder.set(recorder if act.is_watched else None)
        try:
            with connection.execute_wrapper(_watching(recorder, act)):
                yield
        finally:
            current_recorder.reset(token)
            _finish(act, recorder)

    def changed_by(self, row: Model, *, since: datetime) -> list[str]:
        """Return the names of those who changed a row since a moment, the last first."""
        found = self.history(row).filter(at__gt=since).values_list("who", flat=True)[:5]
        return list(dict.fromkeys(found))

    def history(self, row: Model) -> QuerySet[AuditEntry]:
        """Return the entries about a row, newest first."""
        label, key = row._meta.label_lower, str(row.pk)
        return AuditEntry.objects.about(object_type=label, object_id=key).order_by("-id")


def _watching(recorder: Recorder, act: Act) -> Any:
    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not act.is_watched:
            return execute(sql, params, many, context)
        return recorder(execute, sql, params, many, context)

    return wrapper


def write_entry(act: Act, *, changes: list[Change] | None = None) -> AuditEntry:
    """Write the entry of an act."""
    changes = changes or []
    main = _main(act, changes)
    entry = AuditEntry(
        **_who_and_when(act),
        verb=(act.verb or (VERB_OF[main.kind] if main and _is_plain(act) else "") or act.page)[:80]
        or "change",
        sentence=act.sentence,
        facts=plain(act.facts),
    )
    if act.table is not None:
        entry.object_type, entry.object_name = act.table._meta.label_lower, act.name[:LONGEST_NAME]
    elif act.about is not None:
        entry.object_type = act.about.model._meta.label_lower
        entry.object_id = str(act.about.key)[:64]
        entry.object_name = act.about.name[:LONGEST_NAME]
    elif main is not None:
        entry.object_type = main.model._meta.label_lower
        entry.object_id, entry.object_name = str(main.key)[:64], main.name
    entry.save(force_insert=True)
    AuditChange.objects.bulk_create(
        AuditChange(
            entry=entry,
            kind=one.kind,
            object_type=one.model._meta.label_lower,
            object_id=str(one.key)[:64],
            object_name=one.name,
            before=one.before,
            after=one.after,
        )
        for one in [*changes, *_mentioned(act, changes)]
    )
    return entry


def user_key(user: Any) -> int | None:
    """Return the number of an operator; None for nobody."""
    return getattr(user, "pk", None)


def name_of(act: Act) -> str:
    """Return who acts, for people to read."""
    if user_key(act.user) is not None:
        return str(act.user.get_username())
    return act.who or "–"


def _finish(act: Act, recorder: Recorder) -> None:
    """Write the entry of an act that is over; of one that only looked, nothing is read or written.

    On SQLite even an empty transaction would wait for the lock of the database.
    """
    if not (recorder.has_seen_a_write or act.is_kept):
        return
    try:
        changes: list[Change] = recorder.quietly(lambda: changes_of(recorder)) or []
        counts = counts_of(recorder, changes)
        with transaction.atomic():
            if changes or counts or act.is_kept:
                if counts:
                    act.facts = {**act.facts, "rows": counts}
                write_entry(act, changes=changes)
                for do in act.afterwards:
                    do()
            if recorder.has_mark:
                OpenAct.objects.filter(pk=act.key[:64]).delete()
    except Exception:
        # The act is done, and its answer is not to be lost. Its mark stays, and the tick makes an
        # entry of it.
        log.exception("The audit trail has no entry yet of an act by %s.", act.channel)


def _who_and_when(act: Act) -> dict[str, Any]:
    """Return the columns that an entry and the mark of an open act share."""
    return {
        "key": act.key[:64],
        "at": shared.wall(),
        "user_id": user_key(act.user),
        "who": name_of(act)[:LONGEST_NAME],
        "channel": act.channel,
        "address": act.address,
    }


def _mark(act: Act) -> None:
    OpenAct.objects.bulk_create(
        [
            OpenAct(**_who_and_when(act), verb=(act.verb or act.page)[:80]),
        ],
        ignore_conflicts=True,
    )


def _is_plain(act: Act) -> bool:
    """Return whether an address asks for no more than a form or a deletion."""
    return act.page in ("", "add", "change", "delete", "delete_selected") or (
        act.channel not in (Channel.BROWSER, Channel.API)
    )


def _main(act: Act, changes: list[Change]) -> Change | None:
    """Return the change of the row in the address, or the first one."""
    for change in changes:
        if act.page_row and str(change.key) == act.page_row:
            return change
    return changes[0] if changes else None


def _mentioned(act: Act, changes: list[Change]) -> list[Change]:
    """Return the rows that the act is about and that it did not change, without values."""
    known = {(one.model, one.key) for one in changes}
    found: dict[tuple[type[Model], Any], Change] = {}
    for row in act.mentioned:
        key = (row.model, row.key)
        if row.key is not None and key not in known:
            name = row.name[:LONGEST_NAME]
            found[key] = Change(Kind.CHANGED, row.model, row.key, name, {}, {})
    return list(found.values())
