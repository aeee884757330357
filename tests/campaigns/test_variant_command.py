"""`campaign create --variant`: what is read, and what is refused with a sentence."""

from __future__ import annotations

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from campaigns.models import Campaign, MessageTemplate
from foundation.deletion import delete_row
from foundation.refusals import Refusal
from tests.campaigns.factories import make_list

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people() -> None:
    make_list("all", [100_000, 100_001])


def create(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("campaign", "create", "spring", "--list", "all", *arguments, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_variants_take_the_place_of_a_text() -> None:
    MessageTemplate.objects.create(name="long", text="good day")
    found = create(
        *("--variant", "A=1=x = {{ uin }}", "--variant-template", "B=3=long", "--holdout", "2.5%")
    )
    assert found["variants"] == [
        {"name": "A", "weight": 1, "template": None},
        {"name": "B", "weight": 3, "template": "long"},
    ]
    assert found["holdout"] == 2.5
    campaign = Campaign.objects.get()
    assert [one.message for one in campaign.variants.all()] == ["x = {{ uin }}", "good day"]
    assert campaign.holdout == Decimal("2.5")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--text", "hi", "--variant", "A=1=hi"],
        ["--template", "long", "--variant", "A=1=hi"],
        ["--text", "hi", "--template", "long"],
    ],
)
def test_a_message_is_given_once(arguments: list[str]) -> None:
    with pytest.raises((CommandError, SystemExit)) as ended:
        create(*arguments)
    assert getattr(ended.value, "code", 2) == 2
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--variant", "A=1"], "variant_malformed"),
        (["--variant", "=1=hi"], "variant_malformed"),
        (["--variant", "A=one=hi"], "variant_malformed"),
        (["--variant", "A=-1=hi"], "variant_malformed"),
        (["--variant", "A=99999999999=hi"], "variant_malformed"),
        (["--variant", "A=1="], "variant_malformed"),
        (["--variant", "A\x1b=1"], "variant_malformed"),
        (["--variant", "A=0=hi"], "variant_weight"),
        (["--variant", "A=1001=hi"], "variant_weight"),
        (["--variant", "A=1= "], "text_missing"),
        (["--variant", "A=1=hi", "--variant", "a=1=ho"], "variant_name"),
        (["--variant", f"{'A' * 65}=1=hi"], "variant_name"),
        (["--variant-template", "A=1=none"], "template_unknown"),
        ([part for n in range(11) for part in ("--variant", f"v{n}=1=hi")], "variants_too_many"),
        (["--text", "hi", "--holdout", "91"], "holdout_malformed"),
        (["--text", "hi", "--holdout", "-1"], "holdout_malformed"),
        (["--text", "hi", "--holdout", "nan"], "holdout_malformed"),
        (["--text", "hi", "--holdout", "1.25"], "holdout_malformed"),
        (["--text", "hi", "--holdout", "ten"], "holdout_malformed"),
    ],
)
def test_what_cannot_be_read_is_refused(
    arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(
            "campaign", "create", "spring", "--list", "all", *arguments, "--json", stdout=out
        )
    assert ended.value.code == 1
    assert f'"{code}"' in out.getvalue() + capsys.readouterr().out
    assert not Campaign.objects.exists()


def test_a_template_of_a_variant_is_not_deleted() -> None:
    template = MessageTemplate.objects.create(name="long", text="good day")
    create("--variant-template", "A=1=long")
    with pytest.raises(Refusal, match="It is the text of these campaigns: “spring”"):
        delete_row(row=template)
