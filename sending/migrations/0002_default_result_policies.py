"""Write the default result policies, so that an operator sees and can edit what is in force.

The rows are written out: a migration must not import code that changes later.
"""

from django.db import migrations

ROWS = (
    {'command': 'CLTMSG', 'code': '0', 'action': 'done', 'max_tries': 1, 'backoff_seconds': 0.0, 'backoff_factor': 2.0, 'backoff_longest': 300.0, 'account_action': 'none', 'suppresses_contact': False, 'stops_run': False},
    {'command': 'CLTMSG', 'code': '3', 'action': 'later', 'max_tries': 100, 'backoff_seconds': 20.0, 'backoff_factor': 2.0, 'backoff_longest': 300.0, 'account_action': 'rest', 'suppresses_contact': False, 'stops_run': False},
    {'command': 'CLTMSG', 'code': '5', 'action': 'fail', 'max_tries': 1, 'backoff_seconds': 0.0, 'backoff_factor': 2.0, 'backoff_longest': 300.0, 'account_action': 'none', 'suppresses_contact': False, 'stops_run': False},
    {'command': 'CLTMSG', 'code': '20', 'action': 'later', 'max_tries': 100, 'backoff_seconds': 0.0, 'backoff_factor': 2.0, 'backoff_longest': 300.0, 'account_action': 'log_in', 'suppresses_contact': False, 'stops_run': False},
    {'command': 'CLTMSG', 'code': 'NULL', 'action': 'replay', 'max_tries': 1, 'backoff_seconds': 1.0, 'backoff_factor': 2.0, 'backoff_longest': 20.0, 'account_action': 'none', 'suppresses_contact': False, 'stops_run': False},
    {'command': 'CLTMSG', 'code': 'timeout', 'action': 'replay', 'max_tries': 1, 'backoff_seconds': 1.0, 'backoff_factor': 2.0, 'backoff_longest': 20.0, 'account_action': 'none', 'suppresses_contact': False, 'stops_run': False},
    {'command': 'CLTMSG', 'code': 'reset', 'action': 'replay', 'max_tries': 1, 'backoff_seconds': 1.0, 'backoff_factor': 2.0, 'backoff_longest': 20.0, 'account_action': 'none', 'suppresses_contact': False, 'stops_run': False},
    {'command': 'CLTMSG', 'code': 'malformed', 'action': 'replay', 'max_tries': 1, 'backoff_seconds': 1.0, 'backoff_factor': 2.0, 'backoff_longest': 20.0, 'account_action': 'none', 'suppresses_contact': False, 'stops_run': False},
    {'command': 'CLTMSG', 'code': 'HTTP_*', 'action': 'replay', 'max_tries': 1, 'backoff_seconds': 1.0, 'backoff_factor': 2.0, 'backoff_longest': 20.0, 'account_action': 'none', 'suppresses_contact': False, 'stops_run': False},
    {'command': 'CLTMSG', 'code': '*', 'action': 'fail', 'max_tries': 1, 'backoff_seconds': 0.0, 'backoff_factor': 2.0, 'backoff_longest': 300.0, 'account_action': 'none', 'suppresses_contact': False, 'stops_run': False},
    {'command': 'LOGIN', 'code': '3', 'action': 'later', 'max_tries': 1, 'backoff_seconds': 20.0, 'backoff_factor': 1.0, 'backoff_longest': 300.0, 'account_action': 'none', 'suppresses_contact': False, 'stops_run': False},
    {'command': 'LOGIN', 'code': '5', 'action': 'fail', 'max_tries': 1, 'backoff_seconds': 0.0, 'backoff_factor': 2.0, 'backoff_longest': 300.0, 'account_action': 'quarantine', 'suppresses_contact': False, 'stops_run': False},
    {'command': 'LOGIN', 'code': 'RS_*', 'action': 'fail', 'max_tries': 1, 'backoff_seconds': 0.0, 'backoff_factor': 2.0, 'backoff_longest': 300.0, 'account_action': 'quarantine', 'suppresses_contact': False, 'stops_run': False},
    {'command': 'LOGIN', 'code': '*', 'action': 'later', 'max_tries': 1, 'backoff_seconds': 1.0, 'backoff_factor': 2.0, 'backoff_longest': 30.0, 'account_action': 'none', 'suppresses_contact': False, 'stops_run': False},
)


def write_defaults(apps, schema_editor):
    policy = apps.get_model("sending", "ResultPolicy")
    policy.objects.bulk_create([policy(**row) for row in ROWS])


class Migration(migrations.Migration):
    dependencies = [("sending", "0001_initial")]
    operations = [migrations.RunPython(write_defaults, migrations.RunPython.noop)]
