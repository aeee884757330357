"""Files of contacts, lists, segments and suppressions: their columns (django-import-export).

Contacts are imported by `contacts.imports`, which reads the columns declared here; the others as
small tables.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import ForeignKeyWidget

from contacts.models import Contact, ContactList, Segment, Suppression, SuppressionReason
from contacts.people.attributes import attribute_names_in_use
from contacts.segments.conditions import condition_of
from contacts.segments.save import change_segment, create_segment
from contacts.suppressions import read_until
from contacts.typed_values.dates import read_date
from contacts.webhook_events import tell_suppressed
from foundation.queries import CHUNK, chunks
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from foundation.uins import UIN_MAX, UIN_MIN
from labels.columns import LABELS, LabelledResource
from tabular import CellProblem, qq_number
from tabular.table_import import columns as cells
from tabular.table_import.columns import TableColumn
from tabular.table_import.named import NamedResource
from tabular.table_import.resource import TableResource

#: The most attribute columns in an export: more are too many to read in a spreadsheet.
MOST_ATTRIBUTES = 200


def read_uin(cell: str) -> int:
    """Return the UIN in a cell, in any spelling that `tabular.qq_number` knows."""
    return qq_number(cell, least=UIN_MIN, most=UIN_MAX)


#: The columns of a contact, in imports and exports. The titles are those that imports recognize,
#: the most likely first, in the spelling of `plain_title`. All other columns are attributes.
UIN_COLUMN = TableColumn(
    "uin",
    read_uin,
    is_key=True,
    is_needed=True,
    is_number=True,
    titles=(
        *("uin", "qq", "qq号", "qq号码", "qqnumber", "qqno", "qqid", "qq账号", "qq帐号", "好友qq"),
        *("号码", "企鹅号", "账号", "帐号", "number", "号"),
        *("qq號", "qq號碼", "qq帳號", "號碼", "帳號"),
    ),
)
NAME_COLUMN = TableColumn(
    "name",
    cells.text(longest=255),
    titles=(
        *("name", "姓名", "名字", "名称", "fullname", "客户姓名", "昵称", "nickname", "nick"),
        *("qq昵称", "网名", "称呼", "备注名", "客戶姓名", "名稱", "暱稱", "稱呼", "備註名"),
    ),
)
#: The first columns of our own export; an import leaves "created_at" out.
EXPORTED = (UIN_COLUMN.field, NAME_COLUMN.field, "created_at")
#: Titles that an attribute cannot have because a column of the contact has them.
_OWN = {"id", *EXPORTED}


class AttributeField(Field):
    """The column of one attribute."""

    def get_value(self, instance: Any) -> Any:
        """Return the contact's value of the attribute, "" if it has none."""
        return instance.attributes.get(self.column_name, "")


class ContactResource(ModelResource):
    """A row for each contact, with a column for each attribute in use.

    `import_contacts` reads such a file.
    """

    class Meta:
        model = Contact
        fields = EXPORTED

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in sorted(attribute_names_in_use() - _OWN)[:MOST_ATTRIBUTES]:
            self.fields[name] = AttributeField(attribute="attributes", column_name=name)


_LIST_NAME = TableColumn(
    "name",
    cells.name,
    is_key=True,
    is_needed=True,
    titles=("name", "名称", "列表", "列表名称", "名單", "名单", "名稱", "list"),
)
_DESCRIPTION = TableColumn(
    "description", cells.text(), titles=("description", "说明", "描述", "备注", "說明", "備註")
)


class ContactListResource(LabelledResource, NamedResource):
    """A row for each list. The people of a list come by the importer of contacts."""

    columns = (_LIST_NAME, _DESCRIPTION, LABELS)

    class Meta:
        model = ContactList
        fields = ("name", "description", "labels", "created_at")


class SegmentResource(NamedResource):
    """A row for each segment, with its conditions as JSON."""

    conditions = Field(attribute="conditions", column_name="conditions")
    columns = (
        TableColumn(
            "name",
            cells.name,
            is_key=True,
            is_needed=True,
            titles=("name", "名称", "分组", "人群", "细分", "名稱", "segment"),
        ),
        _DESCRIPTION,
        TableColumn(
            "conditions",
            lambda cell: _conditions(cell),
            is_needed=True,
            titles=("conditions", "条件", "條件"),
        ),
    )

    class Meta:
        model = Segment
        fields = ("name", "description", "conditions", "created_at")

    def dehydrate_conditions(self, segment: Segment) -> str:
        """Return the conditions as JSON."""
        return json.dumps(segment.conditions, ensure_ascii=False) if segment.conditions else ""

    def write(self, new: Sequence[Any], changed: Sequence[tuple[Any, list[str]]], by: Any) -> None:
        """Save the segments by their service."""
        for segment in new:
            create_segment(
                name=segment.name,
                conditions=segment.conditions,
                description=segment.description,
                by=by,
            )
        for segment, _targets in changed:
            change_segment(
                segment=segment,
                conditions=segment.conditions,
                description=segment.description,
            )

    def check(self, instance: Any) -> None:
        """Refuse conditions that are not understood."""
        condition_of(instance.conditions)


def _conditions(cell: str) -> Any:
    if not cell.strip():
        raise CellProblem(_("blank"))
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        raise CellProblem(_("not JSON: write the conditions as an export does")) from None
    if not isinstance(found, dict) or not found:
        raise CellProblem(_("not JSON: write the conditions as an export does"))
    return found


class SuppressionResource(TableResource):
    """A row for each suppression; the list is empty if it holds for every campaign.

    An import adds suppressions, lengthens them and corrects their reasons; it lifts none.
    """

    contact_list = Field(
        attribute="contact_list",
        column_name="list",
        widget=ForeignKeyWidget(ContactList, field="name"),
    )
    columns = (
        UIN_COLUMN,
        TableColumn(
            "contact_list",
            lambda cell: list_named(cell),
            title="list",
            is_key=True,
            titles=("列表", "名单", "名單", "仅对列表"),
        ),
        TableColumn(
            "reason",
            cells.choice(SuppressionReason.choices, blank=SuppressionReason.IMPORTED.value),
            titles=("reason", "原因", "理由"),
        ),
        TableColumn(
            "source", cells.text(longest=255), titles=("source", "来源", "來源", "出处", "备注")
        ),
        TableColumn(
            "until",
            lambda cell: _until(cell),
            titles=("until", "截止", "截止时间", "到期", "有效期至", "至", "截止時間", "有效期"),
        ),
    )
    most_rows = 10_000

    class Meta:
        model = Suppression
        fields = ("uin", "contact_list", "reason", "source", "created_at", "until")

    def init_instance(self, row: Any = None) -> Suppression:
        """Return a new suppression; without a reason in the file it is an imported one."""
        return Suppression(reason=SuppressionReason.IMPORTED)

    def key_of(self, values: Mapping[str, Any]) -> Hashable:
        """Return UIN and list."""
        contact_list = values.get("contact_list")
        return values["uin"], contact_list.pk if contact_list else None

    def find_known(self, keys: Sequence[Any], *, is_locked: bool = False) -> dict[Any, Any]:
        """Return the suppressions by UIN and list, those that have ended included."""
        rows = Suppression.objects.order_by("pk").select_related("contact_list")
        if is_locked:
            rows = rows.select_for_update(of=("self",))
        wanted, uins = set(keys), sorted({uin for uin, _list in keys})
        found: dict[Any, Any] = {}
        for chunk in chunks(uins):
            for row in rows.filter(uin__in=chunk):
                if (row.uin, row.contact_list_id) in wanted:
                    found[row.uin, row.contact_list_id] = row
        return found

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Any, bool]:
        """Return the suppression to correct, or a new one; it takes the place of a shorter one."""
        found, is_new = super().get_or_init_instance(instance_loader, row)
        values = self.values
        until = values.get("until")
        if is_new:
            return found, True
        if found.until is not None and (until is None or until > found.until):
            return self.init_instance(row), True
        values.pop("until", None)  # an import shortens none
        return found, False

    def write(self, new: Sequence[Any], changed: Sequence[tuple[Any, list[str]]], by: Any) -> None:
        """Add the new suppressions, and correct reason and source of others."""
        tell_suppressed(Suppression.objects.put(new))
        targets = sorted({target for _row, names in changed for target in names})
        if targets:
            rows: Iterable[Suppression] = [row for row, _names in changed]
            Suppression.objects.bulk_update(rows, targets, batch_size=CHUNK)


def _until(cell: str) -> datetime | None:
    """Return when a suppression ends; None for a blank cell: it holds for good."""
    if not cell.strip():
        return None
    text = cell.strip()[:100]
    try:
        return read_until(text)
    except Refusal as refusal:
        day = read_date(text)  # 2026年12月24日
        if day is None:
            raise CellProblem(refusal.sentence) from None
        return read_until(day)


def list_named(cell: str) -> ContactList | None:
    """Return the list that a cell names, compared as names are; None for a blank cell.

    Raises:
        CellProblem: there is no such list.
    """
    if not cell.strip():
        return None
    found: ContactList | None = ContactList.objects.named(cell)
    if found is not None:
        return found
    raise CellProblem(_("there is no list %(name)s") % {"name": cell.strip()[:128]})
