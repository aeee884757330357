"""The tasks that beat sends periodically, each with the seconds between two of them.

Every one is idempotent, so two beats do no harm. None expires, because an expiry compares the wall
clocks of two hosts. `qqcampaign.beat` sends none while many tasks wait.
"""

from __future__ import annotations

from typing import Any

PERIODIC_TASKS: dict[str, dict[str, Any]] = {
    "advance-runs": {
        "task": "campaigns.tasks.advance_runs",
        "schedule": 2.0,
    },
    "maintain-rehearsals": {
        "task": "campaigns.tasks.maintain_rehearsals",
        "schedule": 5.0,
    },
    "notify": {
        "task": "campaigns.tasks.notify",
        "schedule": 10.0,
    },
    "mail-reports": {
        "task": "campaigns.tasks.mail_reports",
        "schedule": 30.0,
    },
    "count-accounts": {
        "task": "campaigns.tasks.count_accounts",
        "schedule": 60.0,
    },
    "reconcile": {
        "task": "sending.tasks.reconcile",
        "schedule": 5.0,
    },
    "handle-inbound": {
        "task": "sending.tasks.handle_inbound",
        "schedule": 2.0,
    },
    "ask-of-friends": {
        "task": "sending.tasks.ask_of_friends",
        "schedule": 60.0,
    },
    "follow-schedules": {
        "task": "sending.tasks.follow_schedules",
        "schedule": 20.0,
    },
    "maintain-imports": {
        "task": "contacts.tasks.maintain_imports",
        "schedule": 5.0,
    },
    "maintain-attributes": {
        "task": "contacts.tasks.maintain_attributes",
        "schedule": 60.0,
    },
    "keep-sizes": {
        "task": "contacts.tasks.keep_sizes",
        "schedule": 600.0,
    },
    "prune": {
        "task": "operations.tasks.prune",
        "schedule": 60.0,
    },
    "do-upkeep": {
        "task": "operations.tasks.do_upkeep",
        "schedule": 15.0,
    },
    "remove-old-import-files": {
        "task": "contacts.tasks.remove_old_files",
        "schedule": 3600.0,
    },
    "send-automatic-answers": {
        "task": "conversations.tasks.send_automatic_answers",
        "schedule": 2.0,
    },
    "deliver-webhooks": {
        "task": "webhooks.tasks.deliver",
        "schedule": 2.0,
    },
    "prune-webhooks": {
        "task": "webhooks.tasks.prune",
        "schedule": 60.0,
    },
    "keep-answers": {
        "task": "conversations.tasks.keep_answers",
        "schedule": 10.0,
    },
    "keep-audit-trail": {
        "task": "audit.tasks.keep_audit_trail",
        "schedule": 600.0,
    },
    "keep-messages": {
        "task": "api.tasks.keep_messages",
        "schedule": 10.0,
    },
    "forget-old-answers": {
        "task": "api.tasks.forget_old_answers",
        "schedule": 600.0,
    },
}
