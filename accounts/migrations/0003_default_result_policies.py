"""Write the default result policies, so that an operator sees and can edit what is in force."""

from dataclasses import asdict

from django.db import migrations

from accounts.services.result_policies import DEFAULTS


def write_defaults(apps, schema_editor):
    policy_model = apps.get_model("accounts", "ResultPolicy")
    policy_model.objects.bulk_create([policy_model(**asdict(policy)) for policy in DEFAULTS])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_result_policies_and_outages")]
    operations = [migrations.RunPython(write_defaults, migrations.RunPython.noop)]
