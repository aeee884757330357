"""Forbidden words: the list, its command, and the messages that would hold one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.models import Account
from campaigns.planning.preflight import preflight
from campaigns.run_control.lifecycle import start_campaign
from contacts.models import Contact
from foundation.refusals import Refusal
from qqhttp.simulator import GatewaySimulator
from sending.forbidden_words import FORBIDDEN_WORDS, WatchedWords, add_words
from sending.models import ForbiddenWord
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.commandline import manage
from tests.sending.conftest import FRIENDS, Start, assert_exact, is_finished, states_of
from tests.sending.working import LocalWorker, wait_until


def test_who_would_get_a_forbidden_word_is_skipped_and_the_others_get_theirs(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    run = start(accounts=senders[:1], text="hi {{ name }}")
    unlucky = run.deliveries.select_related("contact").order_by("pk").last()
    assert unlucky is not None
    Contact.objects.filter(uin=unlucky.uin).update(name="加 V\u200b信 123")
    add_words(words=["加v信"])
    add_words(words=["人"], action="approve")
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
        assert worker.deaths == []
    assert states_of(run) == {"sent": FRIENDS - 1, "skipped": 1}
    assert run.deliveries.get(pk=unlucky.pk).reason == "forbidden_word"
    assert_exact(run, engine)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["hi {{ name }}", "各位友人"])
def test_a_word_that_is_added_holds_for_a_run_under_way(
    text: str, engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(min_interval=1.0)
    run = start(accounts=senders[:1], text=text)
    with LocalWorker():
        # By now the lane has read all of the run's messages, and rendered them.
        wait_until(lambda: engine.control.figures().arrived >= 2, what="two messages")
        add_words(words=["人"])
        wait_until(lambda: is_finished(run), what="the end of the run")
    states = states_of(run)
    assert states["sent"] < FRIENDS
    assert states["sent"] + states["skipped"] == FRIENDS
    assert_exact(run, engine)


@pytest.mark.django_db
def test_a_constant_text_with_a_word_does_not_start_and_the_preflight_says_so() -> None:
    make_account(friends=[100_001])
    campaign = make_campaign(lists=[make_list("l", [100_001])], text="free b a n k")
    add_words(words=["bank"])
    with pytest.raises(Refusal) as refused:
        start_campaign(campaign=campaign)
    assert refused.value.code == "forbidden_word"
    assert "“bank”" in " ".join(map(str, preflight(campaign=campaign).problems))
    campaign.text = "hi {{ name }}"
    campaign.save()
    add_words(words=["人1"])
    assert any("forbidden word" in str(one) for one in preflight(campaign=campaign).warnings)
    FORBIDDEN_WORDS.remove(words=["bank", "人1"])
    assert start_campaign(campaign=campaign).pk


@pytest.mark.django_db
def test_the_list_is_read_again_only_after_a_change() -> None:
    watched = WatchedWords()
    assert watched.current() is None
    add_words(words=["a"])
    first = watched.current()
    assert first is not None
    assert watched.current() is first
    ForbiddenWord.objects.all().delete()
    assert watched.current() is None


@pytest.mark.django_db
def test_one_word_is_on_the_list_once_however_it_is_written() -> None:
    assert add_words(words=["Ｂank", "b ank"]) == (1, 0)
    assert add_words(words=["BANK", "x"], action="approve") == (1, 1)
    assert ForbiddenWord.objects.get(key="bank").action == "approve"
    assert FORBIDDEN_WORDS.remove(words=["b a n k"]) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("words.txt", "发票\n加*微信\n\n", {("发票", "refuse"), ("加*微信", "refuse")}),
        ("gbk.txt", "敏感词\r\n发票\r\n加微信\r\n代开发票请联系\r\n".encode("gb18030"), None),
        ("a.csv", "action,word\napprove,x\n,y\n", {("x", "approve"), ("y", "refuse")}),
        ("b.csv", "词,处理\nx,审批\n", {("x", "approve")}),
    ],
)
def test_words_are_imported_from_any_file(
    name: str, content: str | bytes, words: set[tuple[str, str]] | None, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = manage("forbidden_words", "import", file, "--json")
    assert result.status == 0, result
    kept = set(ForbiddenWord.objects.values_list("word", "action"))
    assert kept == (words or {(w, "refuse") for w in ("发票", "加微信", "代开发票请联系")})
    again = manage("forbidden_words", "import", file, "--json").json
    assert again == {"added": 0, "already": len(kept)}


@pytest.mark.django_db
def test_a_wrong_line_imports_nothing(tmp_path: Path) -> None:
    file = tmp_path / "w.csv"
    file.write_text("word,action\na,refuse\nb,burn\n")
    result = manage("forbidden_words", "import", file, "--json")
    assert (result.status, result.json["error"], result.json["line"]) == (1, "row_wrong", 3)
    assert not ForbiddenWord.objects.exists()


@pytest.mark.django_db
def test_the_command_does_it_all() -> None:
    def done(*arguments: str) -> Any:
        result = manage("forbidden_words", *arguments, "--json")
        assert result.status == 0, result
        return result.json

    assert done("add", "b*k", "x", "--what", "approve", "--note", "law") == {
        "added": 2,
        "already": 0,
    }
    assert [one["word"] for one in done("list")["items"]] == ["b*k", "x"]
    assert done("remove", "X") == {"removed": 1}
    for arguments, code in (
        (["remove", "nothing"], "word_unknown"),
        (["add", "?"], "word_missing"),
        (["import", "/nowhere"], "no_such_file"),
    ):
        result = manage("forbidden_words", *arguments, "--json")
        assert (result.status, result.json["error"]) == (1, code)
