"""The results of runs by minute."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sending', '0007_replies_until_now'),
    ]

    operations = [
        migrations.CreateModel(
            name='RunMinute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('minute', models.IntegerField()),
                ('res', models.CharField(blank=True, default='', max_length=16)),
                ('shard', models.BigIntegerField(default=0)),
                ('n', models.BigIntegerField(default=0)),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='minutes', to='sending.run')),
            ],
            options={
                'verbose_name': 'minute of a run',
                'verbose_name_plural': 'minutes of runs',
                'indexes': [models.Index(fields=['minute'], name='runminute_minute')],
                'constraints': [models.UniqueConstraint(fields=('run', 'minute', 'res', 'shard'), name='runminute_unique_key')],
            },
        ),
    ]
