"""Variants, holdout and languages: who gets which text."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from campaigns.creation.variants import NewVariant, add_variants
from campaigns.message_texts import Share, texts_of_campaign
from campaigns.models import CampaignRun, CampaignVariant, MessageTemplate, TemplateText
from campaigns.planning.late_comers import add_late_comers
from campaigns.planning.people_sql import Chunk, sql_of_people
from campaigns.planning.preflight import preflight
from campaigns.planning.text_choice import VARIANT, TextChoice, choice_of_run, coefficients
from campaigns.planning.text_choice_sql import choice_sql
from contacts.models import Contact, Membership, Suppression
from sending.models import Delivery, RunText
from sending.runs.figures import check_figures
from sending.runs.texts import TEXTS, source_of
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.campaigns.variants import (
    CHI_SQUARE_LIMITS,
    campaign_with,
    chi_square,
    dependence,
    people_in,
    planned_run,
    variants_by_uin,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
UINS = range(100_000, 102_000)
_TAGS = st.sampled_from(["zh", "zh-cn", "zh-hans-cn", "en", "en-gb", "de", "zha"])
_WRITTEN = st.one_of(
    st.none(),
    _TAGS.flatmap(lambda tag: st.sampled_from([tag, tag.upper(), tag.replace("-", "_")])),
    st.sampled_from(["zhcn", "zh--cn", "zh-cn-", "ZH_Hans_CN_x", "en-gbx"]),
    st.sampled_from(["", " zh-CN ", "zh-", "-", "\u212aa", "İ", "中文", "zh cn", "e\tn"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
    st.integers(-9, 9),
    st.booleans(),
)


def in_sql(choice: TextChoice, contact: Contact) -> tuple[int, bool, bool]:
    """Return the text's number, whether the person is held out, and in the rest, as planned."""
    sql = choice_sql(choice)
    people = Chunk(Contact.objects.filter(pk=contact.pk))
    people_sql, params = sql_of_people(people, columns=sql.languages)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {sql.text_number}, {sql.is_held_out}, {sql.is_rest} FROM ({people_sql}) p",
            [*sql.text_params, *params],
        )
        number, is_held_out, is_rest = cursor.fetchone()
    return number, bool(is_held_out), bool(is_rest)


@st.composite
def choices(draw: Any) -> TextChoice:
    shares, number = [], 1
    for weight in draw(st.lists(st.integers(1, 1000), min_size=1, max_size=4)):
        tags = ["", *draw(st.lists(_TAGS, unique=True, max_size=4))]
        attribute = draw(st.sampled_from(["language", "语言"]))
        numbers = {tag: number + place for place, tag in enumerate(tags)}
        shares.append(Share(f"v{number}", weight, attribute, numbers))
        number += len(tags)
    holdout = Decimal(draw(st.integers(0, 900))) / 10
    test = Decimal(draw(st.integers(0, 900))) / 10 if len(shares) > 1 else Decimal(0)
    chosen = draw(st.sampled_from(["", *(one.variant for one in shares)])) if test else ""
    return TextChoice(draw(st.integers(1, 10**9)), shares, holdout, test, chosen)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(choices(), st.integers(10_000, 2**32 - 1), _WRITTEN, _WRITTEN)
@example(TextChoice(1, [Share("", 1, "language", {"": 0, "zh": 1})]), 10_000, "ZH_cn", None)
def test_the_sql_chooses_as_python_does(
    choice: TextChoice, uin: int, first: Any, second: Any
) -> None:
    Contact.objects.all().delete()
    attributes = {"language": first, "语言": second}
    attributes = {name: value for name, value in attributes.items() if value is not None}
    contact = Contact.objects.create(uin=uin, attributes=attributes)
    expected = (
        choice.number_of(uin=uin, attributes=attributes),
        choice.is_held_out(uin=uin),
        choice.is_rest(uin=uin),
    )
    assert in_sql(choice, contact) == expected


def test_the_draws_stay_what_they_are() -> None:
    """A person keeps the variant in each run of a campaign, also after an upgrade."""
    assert coefficients(1, VARIANT) == [1_039_955_309, 122_862_482, 530_696_547, 50_094_120]
    one = TextChoice(7, [Share("A", 1, "", {"": 1}), Share("B", 1, "", {"": 2})], Decimal(50))
    uins = range(100_000, 100_008)
    assert [one.number_of(uin=uin, attributes={}) for uin in uins] == [2, 2, 2, 1, 2, 2, 2, 1]
    assert [one.is_held_out(uin=uin) for uin in uins] == [1, 1, 1, 1, 0, 1, 0, 1]


def test_variants_get_people_by_weight_independently_of_accounts_and_other_campaigns() -> None:
    for uin in (20_001, 20_002):
        make_account(uin, friends=UINS)
    everybody = people_in("all", UINS)
    weights = {"A": 1, "B": 2, "C": 5}
    spring = planned_run(campaign_with(weights, lists=[everybody], sender="spread", holdout=20))
    autumn = planned_run(
        campaign_with(weights, lists=[everybody], name="autumn", sender="spread", holdout=20)
    )
    found, others = variants_by_uin(spring), variants_by_uin(autumn)
    expected = {name: 0.8 * len(UINS) * weight / 8 for name, weight in weights.items()}
    expected["holdout"] = 0.2 * len(UINS)
    assert chi_square(Counter(found.values()), expected=expected) < CHI_SQUARE_LIMITS[3]
    senders = dict(
        Delivery.objects.filter(run=spring, state="pending").values_list("uin", "account__uin")
    )
    of_account = [(senders[uin], found[uin]) for uin in senders]
    assert dependence(of_account) < CHI_SQUARE_LIMITS[2]
    both = [
        (found[uin], others[uin]) for uin in found if "holdout" not in (found[uin], others[uin])
    ]
    assert dependence(both) < CHI_SQUARE_LIMITS[4]
    held_out = [(found[uin] == "holdout", others[uin] == "holdout") for uin in found]
    assert dependence(held_out) < CHI_SQUARE_LIMITS[1]
    assert not check_figures(run=spring)


def test_a_person_keeps_the_variant_in_every_run_and_late_comers_get_theirs() -> None:
    make_account(friends=UINS)
    everybody = people_in("all", UINS[:200])
    campaign = campaign_with({"A": 1, "B": 1}, lists=[everybody], holdout=10)
    first = planned_run(campaign)
    assert set(variants_by_uin(first).values()) == {"A", "B", "holdout"}
    more = Contact.objects.bulk_create(Contact(uin=uin) for uin in UINS[200:300])
    Membership.objects.bulk_create(
        Membership(contact_list=everybody, contact=contact) for contact in more
    )
    assert add_late_comers(run=first) == 100
    first.refresh_from_db()
    type(first).objects.filter(pk=first.pk).update(state="finished")
    second = planned_run(campaign)
    assert variants_by_uin(first) == variants_by_uin(second)
    choice = choice_of_run(second)
    for uin, variant in variants_by_uin(second).items():
        number = choice.number_of(uin=uin, attributes={})
        assert variant == ("holdout" if choice.is_held_out(uin=uin) else {1: "A", 2: "B"}[number])


def test_the_holdout_is_drawn_from_those_who_would_get_the_message() -> None:
    make_account(friends=UINS[:600])
    everybody = people_in("all", UINS[:800])
    Suppression.objects.bulk_create(Suppression(uin=uin) for uin in UINS[:300])
    campaign = campaign_with({"A": 1, "B": 1}, lists=[everybody], holdout=50)
    before = preflight(campaign=campaign)
    run = planned_run(campaign)
    found = Counter(variants_by_uin(run).values())
    assert (found["suppressed"], found["not_a_friend"]) == (300, 200)
    assert chi_square(found, expected={"A": 75, "B": 75, "holdout": 150}) < CHI_SQUARE_LIMITS[2]
    rows = Delivery.objects.filter(run=run, reason="holdout")
    assert set(rows.values_list("state", "account", "text_number")) == {("skipped", None, 0)}
    assert before.skipped == {
        "suppressed": 300, "not_a_friend": 200, "holdout": found["holdout"]
    }  # fmt: skip
    assert before.variants == {"A": found["A"], "B": found["B"]}
    assert before.sendable == found["A"] + found["B"]
    assert {sample.text for sample in before.samples} <= {"text A", "text B"}
    assert not check_figures(run=run)


def test_a_run_keeps_its_texts_when_the_campaign_changes() -> None:
    make_account(friends=UINS[:50])
    campaign = campaign_with({"A": 1, "B": 1}, lists=[people_in("all", UINS[:50])])
    run = planned_run(campaign)
    CampaignVariant.objects.filter(campaign=campaign).delete()
    assert list(RunText.objects.filter(run=run).values_list("number", "variant", "text")) == [
        (1, "A", "text A"),
        (2, "B", "text B"),
    ]
    assert set(variants_by_uin(run).values()) == {"A", "B"}


def test_each_person_gets_the_text_of_their_language() -> None:
    make_account(friends=UINS[:8])
    template = MessageTemplate.objects.create(name="t", text="hello", language_attribute="语言")
    for tag, text in {"zh": "您好", "zh-hk": "您好 {{ name }}", "de": "Tag"}.items():
        TemplateText.objects.create(template=template, language=tag, text=text)
    people = make_list("all", UINS[:8])
    written = ["zh-CN", "ZH_HK", "de", "en", "zha", "", None, "zh-hk-x"]
    for uin, language in zip(UINS[:8], written, strict=True):
        attributes = {} if language is None else {"语言": language}
        Contact.objects.filter(uin=uin).update(attributes=attributes)
    alone = planned_run(make_campaign(lists=[people], text="", template=template))
    expected = ["您好", "您好 {{ name }}", "Tag", *(4 * ["hello"]), "您好 {{ name }}"]
    assert sources(alone) == expected
    type(alone).objects.update(state="finished")
    campaign = make_campaign("two", lists=[people], text="")
    add_variants(
        campaign=campaign,
        variants=[NewVariant("A", 1, template=template), NewVariant("B", 1, "short")],
    )
    run = planned_run(campaign)
    variants = list(variants_by_uin(run).values())
    assert set(variants) == {"A", "B"}
    assert sources(run) == [
        text if variant == "A" else "short"
        for text, variant in zip(expected, variants, strict=True)
    ]


def sources(run: CampaignRun) -> list[str]:
    """Return the text of each person before it is rendered."""
    deliveries = Delivery.objects.filter(run=run).select_related("run").prefetch_related(TEXTS)
    return [source_of(one) for one in deliveries.order_by("uin")]


def test_a_campaign_without_variants_has_its_one_text() -> None:
    make_account(friends=UINS[:5])
    campaign = make_campaign(lists=[make_list("all", UINS[:5])], text="hi")
    texts, shares = texts_of_campaign(campaign)
    assert [(one.number, one.text) for one in texts] == [(0, "hi")]
    assert shares == []
    run = planned_run(campaign)
    assert not RunText.objects.exists()
    assert set(Delivery.objects.filter(run=run).values_list("text_number", "text")) == {(0, None)}
