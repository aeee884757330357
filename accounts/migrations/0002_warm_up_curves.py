"""The warm-up curves of a fresh installation. Operators may change and delete them."""

from django.db import migrations

CURVES = {
    "cautious": [5, 8, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100, 120, 140, 160, 180, 200, 220, 250],
    "usual": [10, 20, 40, 60, 80, 100, 130, 160, 200, 250, 300, 350, 400, 500],
    "quick": [20, 50, 100, 150, 250, 350, 500],
}


def add_curves(apps, schema_editor):
    curve = apps.get_model("accounts", "WarmUpCurve")
    for name, limits in CURVES.items():
        curve.objects.get_or_create(name_key=name, defaults={"name": name, "limits": limits})


class Migration(migrations.Migration):

    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(add_curves, migrations.RunPython.noop)]
