"""The replies among the messages that are stored already, as they were counted until now.

Until now a message counted for every delivery of the seven days before it, from now on for the
last one.
"""

from datetime import timedelta

from django.conf import settings
from django.db import migrations
from django.db.models import DateTimeField, ExpressionWrapper, OuterRef, Subquery

CHUNK = 1_000
#: The parameter MT of a message that a person wrote.
OF_A_PERSON = 9


def tie(apps, schema_editor):
    message, delivery, reply = (
        apps.get_model(*name)
        for name in (("accounts", "InboundMessage"), ("sending", "Delivery"), ("sending", "Reply"))
    )
    earliest = ExpressionWrapper(
        OuterRef("received_at") - timedelta(days=settings.REPLY_WITHIN_DAYS),
        output_field=DateTimeField(),
    )
    last = delivery.objects.filter(
        contact__uin=OuterRef("uin"),
        account=OuterRef("account"),
        state="sent",
        sent_at__lte=OuterRef("received_at"),
        sent_at__gte=earliest,
    ).order_by("-sent_at", "-pk")
    done = 0
    while True:
        rows = message.objects.filter(pk__gt=done, kind=OF_A_PERSON).order_by("pk")[:CHUNK]
        found = list(
            rows.annotate(answered=Subquery(last.values("pk")[:1])).values_list(
                "pk", "received_at", "answered"
            )
        )
        if not found:
            return
        done = found[-1][0]
        keys = {answered for _key, _at, answered in found if answered is not None}
        runs = dict(delivery.objects.filter(pk__in=keys).values_list("pk", "run_id"))
        reply.objects.bulk_create(
            reply(message_id=key, delivery_id=answered, run_id=runs[answered], at=at)
            for key, at, answered in found
            if answered in runs
        )


class Migration(migrations.Migration):

    dependencies = [("sending", "0006_replies")]

    operations = [migrations.RunPython(tie, migrations.RunPython.noop)]
