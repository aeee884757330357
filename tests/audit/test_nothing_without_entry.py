"""No page and no command changes anything without an entry, and none makes two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from audit.models import AuditEntry
from audit.watched import watched_models
from tests.commandline import manage
from tests.console.posted_forms import addresses
from tests.console.sample_data import FIRST_ACCOUNT, FIRST_UIN, make_operator
from tests.console.test_hostile_forms import form_of, read, signed_in
from tests.console.whole_world import make_whole_world

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
]
#: Tables whose only row is made, with its defaults, when it is first looked at.
MADE_AT_FIRST_LOOK = {"campaigns_approvalsettings", "sending_optoutsettings"}


def tables() -> dict[str, list[Any]]:
    """Return every row of every table whose changes are recorded."""
    return {
        table: list(model._base_manager.order_by("pk").values_list())
        for table, model in watched_models().items()
    }


def keys() -> dict[str, list[Any]]:
    """Return the newest row of each model, by the beginning of its addresses."""
    found = {}
    for model in watched_models().values():
        options = model._meta
        rows = model._base_manager.order_by("-pk").values_list("pk", flat=True)[:1]
        found[f"{options.app_label}/{options.model_name}"] = list(rows)
    return found


class Writes:
    """Sees, apart from the trail's own recorder, whether a request wrote anything."""

    def __init__(self) -> None:
        self.any = False

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Note a statement that is no plain reading."""
        first = sql.lstrip().split(None, 1)[0].upper()
        self.any = self.any or first not in ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")
        return execute(sql, params, many, context)


def changed(before: dict[str, list[Any]]) -> list[str]:
    after = tables()
    return [name for name in before if before[name] != after[name]]


@pytest.mark.parametrize(
    "every",
    [pytest.param(8, marks=pytest.mark.partial), pytest.param(1, marks=pytest.mark.exhaustive)],
)
def test_no_page_changes_anything_without_an_entry(every: int) -> None:
    """Each `every`th page is tried."""
    make_whole_world()
    operator = signed_in(make_operator())
    before, made = tables(), AuditEntry.objects.count()
    wrong, entries = [], 0
    for address in list(addresses(keys()))[::every]:
        form = form_of(operator, address)
        new: dict[str, Any] = {
            name: ["changed"] for name in ("name", "text", "note") if name in form.values
        }
        for data in ({**form.values, **new}, {"is_confirmed": "1", "action": "archive"}):
            writes = Writes()
            with transaction.atomic(), connection.execute_wrapper(writes):
                try:
                    read(operator.post(address, data))
                except Exception as error:  # the hostile tests are about these
                    wrong.append(f"{address}: {type(error).__name__}: {error}")
                more = AuditEntry.objects.count() - made
                entries += more
                if more > 1:
                    wrong.append(f"{address}: {more} entries")
                if more == 0 and writes.any and (tables_of := changed(before)):
                    wrong.append(f"{address}: {tables_of} without an entry")
                transaction.set_rollback(True)
    assert not wrong, "\n".join(wrong)
    assert entries > 40 // every


@pytest.mark.exhaustive
def test_no_page_that_is_only_looked_at_changes_anything() -> None:
    make_whole_world()
    operator = signed_in(make_operator())
    before = tables()
    wrong = []
    for address in addresses(keys()):
        writes = Writes()
        with transaction.atomic(), connection.execute_wrapper(writes):
            read(operator.get(address))
            if writes.any and (tables_of := set(changed(before)) - MADE_AT_FIRST_LOOK):
                wrong.append(f"{address}: {tables_of}")
            transaction.set_rollback(True)
    assert wrong == []


COMMANDS = [
    ("label", "create", "neu"),
    ("label", "list"),
    ("template", "create", "T", "--text", "hello {{ name }}"),
    ("campaign", "create", "C", "--list", "老客户", "--text", "x"),
    ("campaign", "pause", "双十一"),
    ("campaign", "resume", "双十一"),
    ("campaign", "status", "双十一", "--json"),
    ("segment", "create", "S", "--where", "city = 昆明"),
    ("suppressions", "add", FIRST_UIN + 5),
    ("suppressions", "remove", FIRST_UIN + 5),
    ("accounts", "rest", FIRST_ACCOUNT),
    ("accounts", "enable", FIRST_ACCOUNT),
    ("inbox", "note", "--uin", FIRST_UIN + 2, "--text", "kind"),
    ("pool", "create", "P", "--account", FIRST_ACCOUNT),
    ("snippet", "create", "sig", "--text", "bye"),
    ("forbidden_words", "add", "scam"),
    ("opt_out_words", "add", "STOPP"),
    ("canned_answer", "save", "hi", "--text", "hello"),
    ("frequency_cap", "set", "4/7d"),
    ("users", "list"),
    ("audit", "list", "--json"),
]


def test_no_command_changes_anything_without_an_entry() -> None:
    make_whole_world()
    wrong, did = [], 0
    for command in COMMANDS:
        before, made = tables(), AuditEntry.objects.count()
        try:
            manage(*command)
        except Exception as error:
            if "Unknown command" not in str(error):
                wrong.append(f"{command}: {error}")
            continue
        more = AuditEntry.objects.count() - made
        did += more
        if more > 1 or bool(more) != bool(changed(before)):
            wrong.append(f"{command}: {more} entries, {changed(before)}")
    assert wrong == []
    assert did >= 14


def test_the_command_lists_and_exports(tmp_path: Path) -> None:
    manage("label", "create", "VIP")
    found = manage("audit", "list", "--json", "--since", "2020-01-01").json
    (item,) = found["items"]
    assert (item["verb"], item["object_name"], found["next"]) == ("label create", "VIP", None)
    assert item["changes"][0]["after"]["name"] == "VIP"
    assert manage("audit", "list", "--object", "labels.label", "--json").json["items"] == [item]
    assert manage("audit", "list", "--object", "nothing.here").status == 1
    assert manage("audit", "list", "--since", "soon").status == 1
    for name in ("trail.csv", "trail.jsonl"):
        assert manage("audit", "export", "--out", tmp_path / name).status == 0
        assert "VIP" in (tmp_path / name).read_text("utf-8")
    assert AuditEntry.objects.filter(verb="audit export").count() == 2
