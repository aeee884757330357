"""Runs get lists, exclusions and segments of their own; those there are take their campaign's."""

from collections import defaultdict

from django.db import migrations, models

#: The run's field, which is called as the campaign's is, and the column of its target.
FIELDS = {"lists": "contactlist_id", "excluded_lists": "contactlist_id", "segments": "segment_id"}


def copy_of_the_campaign(apps, schema_editor):
    Campaign, Run = apps.get_model("campaigns", "Campaign"), apps.get_model("campaigns", "Run")
    for field, column in FIELDS.items():
        of_campaign = defaultdict(list)
        links = getattr(Campaign, field).through.objects.values_list("campaign_id", column)
        for campaign_id, target_id in links.iterator():
            of_campaign[campaign_id].append(target_id)
        through = getattr(Run, field).through
        through.objects.bulk_create(
            [
                through(**{"run_id": run_id, column: target_id})
                for run_id, campaign_id in Run.objects.values_list("pk", "campaign_id").iterator()
                for target_id in of_campaign[campaign_id]
            ],
            batch_size=1000,
        )


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0005_attempts_stay_on_record'),
        ('contacts', '0002_imports'),
    ]

    operations = [
        migrations.AddField(
            model_name='run',
            name='excluded_lists',
            field=models.ManyToManyField(blank=True, related_name='excluding_runs', to='contacts.contactlist', verbose_name='but not to these'),
        ),
        migrations.AddField(
            model_name='run',
            name='lists',
            field=models.ManyToManyField(blank=True, related_name='runs', to='contacts.contactlist', verbose_name='to these lists'),
        ),
        migrations.AddField(
            model_name='run',
            name='segments',
            field=models.ManyToManyField(blank=True, related_name='runs', to='contacts.segment', verbose_name='and to these segments'),
        ),
        migrations.RunPython(copy_of_the_campaign, migrations.RunPython.noop),
    ]
