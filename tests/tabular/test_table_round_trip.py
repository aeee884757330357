"""What an export of a table writes, its import reads unchanged."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyCase

from accounts.models import Egress
from accounts.resources import AccountResource
from campaigns.models import MessageTemplate
from campaigns.reports.template_table import MessageTemplateResource
from contacts.models import ContactList, Segment, Suppression
from contacts.resources import ContactListResource, SegmentResource, SuppressionResource
from foundation.names import clean_name, has_visible_character, name_key
from foundation.refusals import Refusal
from sending.models import ResultPolicy
from sending.resources import ResultPolicyResource
from tabular.exports import stream_csv, write_xlsx
from tabular.table_import.plan import plan_import, write_import
from tabular.table_import.resource import TableResource
from tests.examples import examples
from tests.tabular.small_tables import make_account, problems

pytestmark = pytest.mark.django_db


def exported(resource: type[TableResource], *, without: str = "created_at") -> list[list[str]]:
    rows = resource().get_queryset().order_by("pk")
    data = b"".join(stream_csv(resource(), rows)).decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(data, newline="")))
    skipped = table[0].index(without) if without in table[0] else len(table[0])
    return sorted(row[:skipped] + row[skipped + 1 :] for row in table[1:])


def _texts(most: int) -> st.SearchStrategy[str]:
    """Return texts of which not many characters are control characters: see the test below."""
    return st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=most
    ).filter(lambda text: sum(char < "\t" or "\r" < char < " " for char in text) < 5)


def _is_name(text: str) -> bool:
    try:
        return bool(has_visible_character(text) and clean_name(text))
    except Refusal:
        return False


_NAMES = st.lists(
    _texts(20).filter(_is_name).map(clean_name), min_size=1, max_size=4, unique_by=name_key
)


class Identical(PropertyCase):
    """What an export writes, an import reads: in place, and into an empty table."""

    def _check(self, resource: type[TableResource], *, is_emptied: bool = True) -> None:
        folder = Path(settings.QQCAMPAIGN_HOME)
        rows = resource().get_queryset()
        before = exported(resource)
        for kind in ("csv", "xlsx"):
            path = folder / f"table.{kind}"
            with path.open("wb") as out:
                if kind == "csv":
                    out.writelines(stream_csv(resource(), rows.order_by("pk")))
                else:
                    write_xlsx(resource(), rows.order_by("pk"), out)
            plan = plan_import(resource=resource(), path=path, name=path.name)
            if kind == "xlsx" and not plan.counts["wrong"] and plan.counts["changed"]:
                continue  # characters that XLSX cannot hold
            assert plan.counts["unchanged"] == len(before), (kind, problems(plan), plan.outcomes)
        if is_emptied:
            rows.delete()
            csv_plan = plan_import(resource=resource(), path=folder / "table.csv", name="table.csv")
            write_import(plan=csv_plan)
            assert exported(resource) == before

    @hypothesis_settings(
        max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(_NAMES, _texts(40))
    def test_lists(self, names: list[str], description: str) -> None:
        for name in names:
            ContactList.objects.create(name=name, description=description)
        self._check(ContactListResource)

    def test_a_text_of_control_characters_is_refused_as_a_binary_file(self) -> None:
        ContactList.objects.create(name="甲", description="\x1f" * 40)
        path = Path(settings.QQCAMPAIGN_HOME) / "table.csv"
        with path.open("wb") as out:
            out.writelines(stream_csv(ContactListResource(), ContactList.objects.all()))
        with pytest.raises(Refusal, match="not a table"):
            plan_import(resource=ContactListResource(), path=path, name=path.name)

    def test_outer_blanks_are_kept(self) -> None:
        ContactList.objects.create(name="甲", description=" ")
        ContactList.objects.create(name="乙", description="  two before, one after ")
        self._check(ContactListResource)

    @hypothesis_settings(
        max_examples=examples(30), deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(_NAMES, st.text("{} a\r\n'=+@ ，é", min_size=1, max_size=20))
    def test_templates(self, names: list[str], text: str) -> None:
        for name in names:
            MessageTemplate.objects.create(name=name, text=text.replace("{", "(").strip() + "x")
        self._check(MessageTemplateResource)

    @hypothesis_settings(
        max_examples=examples(30), deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(_NAMES, _texts(20), st.lists(_texts(10), min_size=1, max_size=3))
    def test_segments(self, names: list[str], attribute: str, values: list[str]) -> None:
        # Conditions are stored in their normal form: each value once, none of them blank.
        named = list(dict.fromkeys(value for value in values if value)) or ["x"]
        value = {"kind": "attribute", "name": attribute or "a", "is": "one_of", "value": named}
        for name in names:
            Segment.objects.create(name=name, conditions={"all": [value]})
        self._check(SegmentResource)

    @hypothesis_settings(
        max_examples=examples(30), deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(
        st.sets(st.integers(10_000, 4_294_967_295), min_size=1, max_size=5),
        _texts(30),
        st.booleans(),
    )
    def test_suppressions(self, uins: set[int], source: str, is_listed: bool) -> None:
        members = ContactList.objects.create(name="会员") if is_listed else None
        for uin in uins:
            Suppression.objects.create(uin=uin, source=source, contact_list=members)
        self._check(SuppressionResource)

    @hypothesis_settings(
        max_examples=examples(30), deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(
        st.floats(0, 86_400, allow_nan=False),
        st.none() | st.integers(1, 2_147_483_647),
        st.sampled_from([10, 30, 40]),
    )
    def test_accounts(self, gap: float, limit: int | None, presence: int) -> None:
        egress = Egress.objects.create(name="甲")
        make_account(10_001, min_interval=gap, per_day=limit, presence=presence, egress=egress)
        make_account(10_002, name="客服")
        self._check(AccountResource, is_emptied=False)

    def test_policies(self) -> None:
        assert ResultPolicy.objects.count() > 5
        self._check(ResultPolicyResource)
