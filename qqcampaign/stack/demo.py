"""Creates the data of the demo and starts its campaign.

The supervisor runs it at each start (`python -m qqcampaign.stack.demo ACCOUNTS.csv CONTACTS.csv`)
after the simulator has written the two files. It calls the operator's commands. Each step is
skipped if it is done already, so an interrupted start is completed by the next one.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
import time
from pathlib import Path

import django
from django.apps import apps
from django.core.management import call_command

CAMPAIGN = "Spring greetings"
#: Seconds to wait until the accounts have logged in and fetched their friend lists.
SYNC_SECONDS = 45.0

#: Two lists with two thousand people in all, a hundred of them in both.
LISTS = {"Members": slice(0, 1000), "Newsletter": slice(900, 2000)}

TEMPLATES = {
    "Greeting": "Hello {{ name }}, the spring programme is out. See you in {{ city }}!",
    "问候": "{{ name }}，您好！春季活动已经开始，欢迎来{{ city }}参加。",
    "Reminder 提醒": (
        "Hello {{ name }}, tomorrow at 10:00 we meet.\n{{ name }}，明天上午十点见，别忘了哦 😊"
    ),
}


def main() -> None:
    """Create the parts of the demo that are missing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qqcampaign.settings")
    django.setup()
    campaigns = apps.get_model("campaigns", "Campaign").objects
    if campaigns.filter(name=CAMPAIGN, runs__isnull=False).exists():
        return
    accounts, contacts = Path(sys.argv[1]), Path(sys.argv[2])
    _import_accounts(accounts)
    _import_lists(contacts)
    _make_templates()
    if not campaigns.filter(name=CAMPAIGN).exists():
        lists = [part for name in LISTS for part in ("--list", name)]
        call_command("campaign", "create", CAMPAIGN, *lists, "--template", "问候")
    _wait_for_friends()
    call_command("campaign", "start", CAMPAIGN)


def _import_accounts(file: Path) -> None:
    if not apps.get_model("accounts", "Account").objects.exists():
        call_command("import_accounts", str(file))


def _import_lists(file: Path) -> None:
    lists = apps.get_model("contacts", "ContactList").objects
    with file.open(encoding="utf-8-sig", newline="") as source:
        header, *rows = csv.reader(source)
    for name, part in LISTS.items():
        if lists.filter(name=name, memberships__isnull=False).exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            excerpt = Path(folder) / "contacts.csv"
            with excerpt.open("w", encoding="utf-8", newline="") as target:
                csv.writer(target).writerows([header, *rows[part]])
            call_command("import_contacts", str(excerpt), "--list", name)


def _make_templates() -> None:
    templates = apps.get_model("campaigns", "MessageTemplate").objects
    for name, text in TEMPLATES.items():
        templates.get_or_create_named(name, text=text)


def _wait_for_friends() -> None:
    """Sync the friend lists and wait: planning skips people who are not a friend of any account."""
    unsynced = apps.get_model("accounts", "Account").objects.filter(friends_synced_at=None)
    if unsynced.exists():
        call_command("accounts", "sync", "--all")
    deadline = time.monotonic() + SYNC_SECONDS
    while unsynced.exists() and time.monotonic() < deadline:
        time.sleep(0.3)


if __name__ == "__main__":
    main()
