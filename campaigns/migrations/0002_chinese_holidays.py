"""The holiday calendar “China”: published holidays and moved working days, for operators to edit.

The dates are those of the State Council's yearly announcements (国务院办公厅关于部分节假日安排的通知),
taken from the package chinesecalendar 1.11. A later year is added with `manage.py holidays import`.
"""

import csv
from pathlib import Path

from django.db import migrations

DATES = Path(__file__).with_name("data") / "china.csv"


def add_calendar(apps, schema_editor):
    calendars = apps.get_model("campaigns", "HolidayCalendar")
    holidays = apps.get_model("campaigns", "Holiday")
    calendar = calendars.objects.create(
        name="China",
        name_key="china",
        source="国务院办公厅关于部分节假日安排的通知 (chinesecalendar 1.11)",
    )
    with DATES.open(encoding="utf-8", newline="") as file:
        holidays.objects.bulk_create(
            holidays(calendar=calendar, **row) for row in csv.DictReader(file)
        )


class Migration(migrations.Migration):

    dependencies = [("campaigns", "0001_initial")]

    operations = [migrations.RunPython(add_calendar, migrations.RunPython.noop)]
