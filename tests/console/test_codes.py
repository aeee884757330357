"""What a result code means is told where it stands, from one source."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from campaigns.models import Campaign
from campaigns.reason_text import code_of_reason
from sending.code_explanations import CODES, explain
from sending.code_meanings import CODE_MEANINGS
from sending.models import Attempt, ResultPolicy
from sending.policies import PolicyTable, load_policies
from sending.querysets.run_minutes import add_run_minutes
from tests.console.sample_data import make_world

DEFAULTS = PolicyTable()


def test_every_code_is_explained_in_three_parts() -> None:
    for code in (*CODE_MEANINGS, *CODES, "HTTP_502", "RS_1", "77", "-3"):
        found = explain(code, DEFAULTS)
        assert found.meaning, code
        assert found.remedy, code
        assert found.engine or not code, code
        assert str(found).startswith(found.meaning)


def test_families_and_unknown_codes_have_their_own_words() -> None:
    assert "server failed" in explain("HTTP_502", DEFAULTS).meaning
    assert "login" in explain("RS_1", DEFAULTS).meaning
    assert "does not name" in explain("77", DEFAULTS).meaning
    assert explain("77", DEFAULTS).title == "77"


def test_what_the_engine_does_follows_the_policies_in_force(db: None) -> None:
    assert "rests" in explain("3", load_policies()).engine
    ResultPolicy.objects.filter(command="CLTMSG", code="3").update(
        action="fail", account_action="quarantine", suppresses_contact=True, stops_run=True
    )
    engine = explain("3", load_policies()).engine
    assert "fails" in engine
    assert "quarantined" in engine
    assert "suppressed" in engine
    assert "run stops" in engine
    assert "rests" not in engine


@pytest.mark.parametrize(
    ("reason", "code"),
    [("RES_5", "5"), ("NULL", "NULL"), ("HTTP_502", "HTTP_502"), ("suppressed", ""), ("", "")],
)
def test_reasons_name_their_codes(reason: str, code: str) -> None:
    assert code_of_reason(reason) == code


def test_the_page_of_codes_has_the_same_sentences() -> None:
    for language, suffix in (("en", ""), ("zh-hans", ".zh")):
        text = (Path(settings.BASE_DIR) / "docs" / f"codes{suffix}.md").read_text("utf-8")
        with override(language):
            for code in CODES:
                found = explain(code, DEFAULTS)
                row = f"| `{code}` | {found.meaning} | {found.engine} | {found.remedy} |"
                assert row in text, (language, code)


def test_a_code_is_told_in_the_readers_language(operator: Client) -> None:
    told = operator.get("/help/code/", {"code": "3"}).json()
    assert told["title"] == "3: too fast, the account rests"
    assert len(told["texts"]) == 3
    operator.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    chinese = operator.get("/help/code/", {"code": "3"}).json()
    assert chinese["texts"] != told["texts"]
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in chinese["texts"])
    assert operator.get("/help/code/", {"code": "<b>"}).json()["title"] == "<b>"
    assert operator.get("/help/code/", {"code": "x" * 99}).status_code == 404


def test_codes_explain_themselves_on_the_pages(operator: Client) -> None:
    campaign: Campaign = make_world()
    run = campaign.runs.get()
    minute = int(timezone.now().timestamp()) // 60
    add_run_minutes(shard=0, changes=Counter({(run.run_id, minute, "0"): 1}))
    for address, code in (
        ("/sending/delivery/", "0"),
        ("/sending/attempt/", "0"),
        (f"/campaigns/campaign/{campaign.pk}/page/?run={run.number}", "0"),
        ("/", "0"),
    ):
        page = operator.get(address).content.decode()
        assert f'data-code="{code}"' in page, address
    attempt = Attempt.objects.exclude(res="").first()
    assert attempt is not None
    page = operator.get(f"/sending/delivery/{attempt.delivery_id}/change/").content.decode()
    assert f'<button type="button" class="q-code" data-code="{attempt.res}">' in page
