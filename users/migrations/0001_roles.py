"""The four roles as groups. `users.role_groups` gives them their permissions after migrating."""

from django.db import migrations

NAMES = ("viewer", "operator", "approver", "administrator")


def add_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for name in NAMES:
        Group.objects.using(schema_editor.connection.alias).get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(add_roles, migrations.RunPython.noop)]
