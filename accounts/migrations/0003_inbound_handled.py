"""Whether an inbound message was handled. Those that are stored already were read by operators."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0002_warm_up_curves")]

    operations = [
        migrations.AddField(
            model_name="inboundmessage",
            name="handled",
            field=models.BooleanField(default=True, editable=False, verbose_name="handled"),
        ),
        migrations.AlterField(
            model_name="inboundmessage",
            name="handled",
            field=models.BooleanField(default=False, editable=False, verbose_name="handled"),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="retry_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="handled again at"),
        ),
        migrations.AddIndex(
            model_name="inboundmessage",
            index=models.Index(
                condition=models.Q(("handled", False)), fields=["id"], name="inboundmessage_unhandled"
            ),
        ),
    ]
