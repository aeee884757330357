"""Which delivery an inbound message answers."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_warm_up_curves'),
        ('sending', '0005_opt_out_words'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='replied at')),
                ('delivery', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='replies', to='sending.delivery', verbose_name='delivery')),
                ('message', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reply', to='accounts.inboundmessage', verbose_name='inbound message')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replies', to='sending.run', verbose_name='run')),
            ],
            options={
                'verbose_name': 'reply',
                'verbose_name_plural': 'replies',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['delivery', 'at'], name='reply_of_delivery')],
            },
        ),
    ]
