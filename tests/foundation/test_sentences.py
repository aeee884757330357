"""A stored sentence can be read in any language, whatever its values contain."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from django.db import connection
from django.utils.translation import override

from accounts.account_tasks import finish_account_task
from accounts.gateway.outages import begin_outage
from accounts.models import Account, AccountTask, Outage
from accounts.states import StateReason
from accounts.transitions import quarantine_account
from foundation.sentences import Sentence, read, stored
from qqhttp import LoginRefused
from qqhttp.codec import parse
from qqhttp.errors import MalformedReply
from sending.states import DeliveryState
from tests.console.sample_data import make_account, make_egress

pytestmark = pytest.mark.both_databases

PAUSED = "Paused by %(who)s."
HOSTILE = [
    "ada",
    "{who} {0} {{}}",
    "100 % %s %(who)s %%",
    "\"'\\ \\n \\u0041",
    "two\nlines\r\n\ttab",
    "张伟，您好 👋 \u2028",
    '{"m":"Logged in."}',
    '{"m":"%(x)s","v":{"x":1}}',
    "<script>alert(1)</script>",
    "Logged in.",
    "",
]


def in_language(code: str, kept: str) -> str:
    with override(code):
        return read(kept)


@pytest.mark.parametrize("who", HOSTILE)
@pytest.mark.parametrize("writer", ["en", "zh-hans"])
def test_a_value_is_never_interpreted(who: str, writer: str) -> None:
    with override(writer):
        kept = stored(Sentence(PAUSED) % {"who": who})
    assert in_language("en", kept) == f"Paused by {who}."
    assert in_language("zh-hans", kept) == f"由 {who} 暂停。"


@pytest.mark.parametrize("text", [*HOSTILE[:-2], '{"m":', '{"m":5}', '{"m":"%(n)d","v":{"n":"x"}}'])
def test_plain_text_is_read_unchanged(text: str) -> None:
    for code in ("en", "zh-hans"):
        assert in_language(code, stored(text)) == text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "kept",
    [
        '{"m":"Paused by %(who)s.","v":{"who":"a',  # cut off by an older version
        '{"m":["Paused by %(who)s."]}',
        '{"m":"Paused by %(who)s.","v":["ada"]}',
        '{"m":"Paused by %(who)s.","v":{"who":[]}} and more',
        '{"m":' * 100_000,
    ],
)
def test_a_malformed_stored_form_is_shown_unchanged(kept: str) -> None:
    assert in_language("zh-hans", kept) == kept


@pytest.mark.parametrize("values", [{"whom": "ada"}, {"who": "ada", "more": 1}, {}])
def test_missing_or_extra_values_raise_nothing(values: dict[str, object]) -> None:
    shown = in_language("zh-hans", json.dumps({"m": PAUSED, "v": values}, separators=(",", ":")))
    assert "暂停" in shown or shown == PAUSED


def test_plain_text_is_translated_only_if_it_is_a_message() -> None:
    assert in_language("zh-hans", "Logged in.") == "已登录。"
    assert in_language("zh-hans", "Paused by ada.") == "Paused by ada."
    assert in_language("zh-hans", "") == ""


def test_sentences_among_the_values_are_translated_too() -> None:
    inner = Sentence(PAUSED) % {"who": Sentence("the command line")}
    outer = Sentence("“%(name)s” is %(state)s. %(advice)s") % {
        "name": "Logged in.",  # the campaign's name: a value, not a message
        "state": DeliveryState.UNKNOWN.label,
        "advice": inner,
    }
    kept = stored(outer)
    assert in_language("en", kept) == "“Logged in.” is unknown. Paused by the command line."
    assert in_language("zh-hans", kept) == "“Logged in.”处于“结果未知”。由 命令行 暂停。"


def test_a_sentence_that_was_read_can_be_a_value_of_another() -> None:
    with override("zh-hans"):
        why = read(stored(Sentence(PAUSED) % {"who": "ada"}))
        kept = stored(Sentence("No account can send. %(uin)s: %(why)s") % {"uin": 7, "why": why})
    assert in_language("en", kept) == "No account can send. 7: Paused by ada."


def test_joined_sentences_are_translated_each() -> None:
    both = Sentence("Logged in.") + " " + Sentence("Logged out.")
    assert both == "Logged in. Logged out."
    assert in_language("zh-hans", stored("> " + both)) == "> 已登录。 已登出。"


def test_the_sentences_of_protocol_errors_are_translated() -> None:
    refused = LoginRefused(rs=1, reason="密码 100%s %(rs)s").sentence
    assert type(pickle.loads(pickle.dumps(refused))) is type(refused)
    with pytest.raises(MalformedReply) as caught:
        parse(b"")
    for error, english, chinese in [
        (refused, "(RS=1): 密码 100%s %(rs)s. Check", "网关拒绝登录（RS=1）：密码 100%s %(rs)s。"),
        (caught.value.sentence, "understood: it holds no field.", "其中没有任何字段"),
    ]:
        assert english in error
        assert english in in_language("en", stored(error))
        assert chinese in in_language("zh-hans", stored(error))


def test_a_copied_or_pickled_sentence_keeps_message_and_values() -> None:
    sentence = Sentence(PAUSED) % {"who": Sentence("the command line")}
    pickled = pickle.loads(pickle.dumps(sentence))
    for clone in (copy.copy(sentence), copy.deepcopy(sentence), pickled):
        assert (clone, stored(clone)) == (sentence, stored(sentence))


def test_a_sentence_too_long_for_its_column_is_shortened() -> None:
    long = Sentence("Stopped by the result policy for %(code)s: %(sentence)s") % {
        "code": "5",
        "sentence": Sentence(PAUSED) % {"who": '"\n张' * 400},
    }
    kept = stored(long, longest=500)
    assert 480 < len(kept) <= 500
    assert in_language("zh-hans", kept).endswith("… 暂停。")
    many = {f"n{n}": "x" * 20 for n in range(30)}
    hopeless = Sentence(" ".join(f"%({name})s" for name in many)) % many
    assert stored(hopeless, longest=500) == str(hopeless)[:500]


# --- in the database ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_sentence_field_stores_both_forms_in_a_plain_text_column() -> None:
    account = make_account(10_000)
    refused = LoginRefused(rs=1, reason='密码错误 "x" {y} %z').sentence
    quarantine_account(account=account, reason=StateReason.LOGIN_REFUSED, detail=refused)
    with connection.cursor() as cursor:  # reads and writes plain text, as an older version does
        cursor.execute("SELECT state_detail FROM accounts_account")
        assert json.loads(cursor.fetchone()[0])["v"]["reason"] == '密码错误 "x" {y} %z'
        cursor.execute("UPDATE accounts_accountevent SET detail = 'Paused by ada.'")
    with override("zh-hans"):
        account.refresh_from_db()
        assert account.state_detail.startswith("网关拒绝登录（RS=1）：密码错误")
        assert account.events.latest("pk").detail == "Paused by ada."
        account.save()
    assert Account.objects.get().state_detail == refused
    assert list(Account.objects.values_list("state_detail", flat=True)) == [refused]
    assert Account.objects.filter(state_detail=refused).exists()
    field = Account._meta.get_field("state_detail")
    assert field.deconstruct()[1] == "django.db.models.CharField"


@pytest.mark.django_db
def test_the_longest_sentences_fit_their_columns() -> None:
    account = make_account(10_000)
    reason = LoginRefused(rs=1, reason='"' * 400).sentence
    quarantine_account(account=account, reason=StateReason.LOGIN_REFUSED, detail=reason)
    begin_outage(egress_id=make_egress().pk, sentence="x" * 1000)
    account.refresh_from_db()
    assert "The gateway refuses the login" in account.state_detail
    assert len(Outage.objects.get().sentence) == 500


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "term", "found"),
    [
        ("en", "listed only 7", False),  # spans message and value
        ("en", "missing from its list", True),
        ("en", "17", True),
        ("en", "列表", False),
        ("zh-hans", "列表不完整", True),
        ("zh-hans", "missing from its list", True),
        ("zh-hans", "拒绝登录", False),
        ("zh-hans", "100%_", False),
    ],
)
def test_a_search_finds_translated_text(language: str, term: str, found: bool) -> None:
    make_account(10_000)
    account_task = AccountTask.objects.get()
    AccountTask.objects.update(state="open")
    outcome = Sentence(
        "The gateway listed only %(listed)d of %(count)d friends. "
        "Friends missing from its list were left unchanged."
    ) % {"listed": 7, "count": 17}
    finish_account_task(account_task_id=account_task.pk, is_done=True, outcome=outcome)
    with override(language):
        assert AccountTask.objects.filter(outcome__icontains=term).exists() is found
        assert AccountTask.objects.exclude(outcome__icontains=term).exists() is not found
