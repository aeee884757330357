"""The commands `opt_out_words` and `suppressions opt-outs|undo-opt-out|confirm-opt-outs`."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.models import Account
from contacts.models import Suppression
from sending.models import OptOut, OptOutWord
from sending.opt_outs.word_list import add_words
from tests.campaigns.factories import make_account
from tests.commandline import manage
from tests.sending.test_opt_out_replies import replies

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    """An account, and no words but one."""
    OptOutWord.objects.all().delete()
    add_words(words=["TD"], note="shipped")
    return make_account(20_001)


def test_words_are_added_listed_and_removed(account: Account) -> None:
    added = manage("opt_out_words", "add", "退订", "td", "--match", "begins", "--json")
    assert (added.status, added.json) == (0, {"added": 1, "already": 1})
    manage("opt_out_words", "add", "start", "--direction", "in", "--note", "back", "--json")
    items = manage("opt_out_words", "list", "--json").json["items"]
    assert [(one["word"], one["match"], one["direction"], one["note"]) for one in items] == [
        ("start", "exact", "in", "back"),
        ("TD", "begins", "out", "shipped"),
        ("退订", "begins", "out", ""),
    ]
    assert manage("opt_out_words", "list").out.splitlines()[0] == "in  start  exact  back"
    removed = manage("opt_out_words", "remove", "ｔｄ", "退订", "--json")
    assert removed.json == {"removed": 2}
    refused = manage("opt_out_words", "remove", "nothing", "--json")
    assert (refused.status, refused.json["error"]) == (1, "word_unknown")
    refused = manage("opt_out_words", "add", "what?", "--json")
    assert (refused.status, refused.json["error"]) == (1, "word_question")


def test_words_are_imported_from_any_file(account: Account, tmp_path: Path) -> None:
    file = tmp_path / "words.csv"
    file.write_text("词,匹配方式,作用\n退订,开头,\n恢复,,恢复\n", encoding="gb18030")
    assert manage("opt_out_words", "import", file, "--json").json == {"added": 2, "already": 0}
    rows = OptOutWord.objects.exclude(word="TD").order_by("pk")
    assert [(row.word, row.match, row.direction, row.note) for row in rows] == [
        ("退订", "begins", "out", "words.csv"),
        ("恢复", "exact", "in", "words.csv"),
    ]
    plain = tmp_path / "words.txt"
    plain.write_text("拒收\n别发了\n", encoding="utf-8")
    assert manage("opt_out_words", "import", plain, "--json").json == {"added": 2, "already": 0}
    file.write_text("word,match\nx,sideways\n", encoding="utf-8")
    refused = manage("opt_out_words", "import", file, "--json")
    assert (refused.status, refused.json["error"], refused.json["line"]) == (1, "row_wrong", 2)
    refused = manage("opt_out_words", "import", tmp_path / "none.csv", "--json")
    assert refused.json["error"] == "no_such_file"


def test_opt_outs_are_listed_newest_first_by_pages(account: Account) -> None:
    assert manage("suppressions", "opt-outs").out == "Nobody has opted out by a reply.\n"
    replies(account, (100_001, "TD"), (100_002, "td"), (100_003, "T D"), (100_004, "TD!"))
    page = manage("suppressions", "opt-outs", "--limit", 2, "--json").json
    assert [one["uin"] for one in page["items"]] == [100_004, 100_002]
    rest = manage("suppressions", "opt-outs", "--before", page["next"], "--json").json
    assert ([one["uin"] for one in rest["items"]], rest["next"]) == ([100_001], None)
    (one,) = rest["items"]
    assert one | {"id": 0, "at": ""} == {
        "id": 0,
        "uin": 100_001,
        "account": account.uin,
        "direction": "out",
        "word": "TD",
        "text": "TD ",
        "at": "",
        "took_effect": True,
        "undone_at": None,
        "undone_by": None,
        "undone_by_reply": None,
        "confirmation": "none",
        "suppressed": True,
    }
    assert one["at"].endswith("Z")
    only = manage("suppressions", "opt-outs", 100_002, "--json").json["items"]
    assert [one["uin"] for one in only] == [100_002]
    assert "100002  opts out  TD" in manage("suppressions", "opt-outs", 100_002).out


def test_undoing_is_all_or_nothing(account: Account) -> None:
    replies(account, (100_001, "TD"), (100_002, "TD"))
    first, second = OptOut.objects.order_by("pk").values_list("pk", flat=True)
    refused = manage("suppressions", "undo-opt-out", first, 999_999, "--json")
    assert (refused.status, refused.json["error"]) == (1, "opt_out_unknown")
    assert Suppression.objects.count() == 2
    done = manage("suppressions", "undo-opt-out", first, "--json")
    assert (done.status, done.json) == (0, {"undone": 1, "changed": 1})
    again = manage("suppressions", "undo-opt-out", first, second, "--json")
    assert (again.status, again.json["error"]) == (1, "already_undone")
    assert [row.uin for row in Suppression.objects.all()] == [100_002]


def test_confirmations_are_switched_and_their_text_is_changed(account: Account) -> None:
    shown = manage("suppressions", "confirm-opt-outs", "--json").json
    assert shown["confirmed"] is False
    changed = manage("suppressions", "confirm-opt-outs", "--on", "--text", "再见", "--json")
    assert changed.json == {"confirmed": True, "text": "再见"}
    assert "再见" in manage("suppressions", "confirm-opt-outs").out
    off = manage("suppressions", "confirm-opt-outs", "--off", "--json")
    assert off.json == {"confirmed": False, "text": "再见"}
    refused = manage("suppressions", "confirm-opt-outs", "--text", " ", "--json")
    assert (refused.status, refused.json["error"]) == (1, "text_missing")
