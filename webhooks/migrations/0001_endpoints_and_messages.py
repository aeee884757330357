import django.db.models.deletion
import foundation.create_models
import foundation.encrypted_field
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
    ]

    operations = [
        foundation.create_models.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Endpoint',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=128, verbose_name='name')),
                        ('name_key', models.CharField(editable=False, max_length=255, unique=True)),
                        ('url', models.CharField(max_length=500, verbose_name='URL')),
                        ('events', models.JSONField(default=list, verbose_name='events')),
                        ('with_texts', models.BooleanField(default=False, help_text='Events then contain the texts of messages, not only their ids.', verbose_name='with texts')),
                        ('state', models.CharField(choices=[('active', 'active'), ('failing', 'failing'), ('disabled', 'disabled')], default='active', editable=False, max_length=10, verbose_name='state')),
                        ('secret', foundation.encrypted_field.EncryptedTextField(editable=False, verbose_name='secret')),
                        ('old_secret', foundation.encrypted_field.EncryptedTextField(blank=True, default='', editable=False, verbose_name='former secret')),
                        ('old_secret_until', models.DateTimeField(editable=False, null=True)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                        ('failures', models.PositiveIntegerField(default=0, editable=False, verbose_name='failed calls in a row')),
                        ('failing_since', models.DateTimeField(editable=False, null=True, verbose_name='failing since')),
                        ('problem', models.CharField(blank=True, editable=False, max_length=500, verbose_name='problem')),
                        ('last_success_at', models.DateTimeField(editable=False, null=True, verbose_name='last success at')),
                        ('rests_until', models.DateTimeField(editable=False, null=True, verbose_name='rests until')),
                        ('claim', models.PositiveBigIntegerField(default=0, editable=False)),
                        ('claimed_until', models.DateTimeField(editable=False, null=True)),
                        ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                    ],
                    options={
                        'verbose_name': 'webhook',
                        'verbose_name_plural': 'webhooks',
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Message',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('delivery.ended', 'a delivery ended'), ('message.received', 'a message was received'), ('friend_request.received', 'a friend request was received'), ('person.opted_out', 'a person opted out'), ('run.state', 'a run changed its state'), ('account.state', 'an account changed its state'), ('import.ended', 'an import ended'), ('rule.matched', 'a rule matched a message'), ('webhook.test', 'test')], max_length=32, verbose_name='event')),
                        ('object_key', models.CharField(max_length=48, verbose_name='about')),
                        ('uin', models.BigIntegerField(null=True, verbose_name='UIN')),
                        ('happened_at', models.DateTimeField(verbose_name='happened at')),
                        ('data', models.JSONField(verbose_name='data')),
                        ('state', models.CharField(choices=[('queued', 'queued'), ('delivered', 'delivered'), ('failed', 'failed')], db_default='queued', default='queued', max_length=10, verbose_name='state')),
                        ('tries', models.PositiveIntegerField(db_default=0, default=0, verbose_name='tries')),
                        ('next_at', models.DateTimeField(null=True, verbose_name='next try at')),
                        ('tried_at', models.DateTimeField(null=True, verbose_name='tried at')),
                        ('status', models.PositiveIntegerField(null=True, verbose_name='HTTP status')),
                        ('answer', models.CharField(blank=True, db_default='', default='', max_length=500, verbose_name='answer')),
                        ('problem', models.CharField(blank=True, db_default='', default='', max_length=500, verbose_name='problem')),
                        ('endpoint', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='webhooks.endpoint', verbose_name='webhook')),
                    ],
                    options={
                        'verbose_name': 'message to a webhook',
                        'verbose_name_plural': 'messages to webhooks',
                        'ordering': ['-id'],
                        'indexes': [models.Index(condition=models.Q(('state', 'queued')), fields=['endpoint', 'id'], name='webhook_queue'), models.Index(condition=models.Q(('state', 'queued')), fields=['endpoint', 'object_key', 'id'], name='webhook_queue_by_object'), models.Index(fields=['endpoint', '-id'], name='webhook_log'), models.Index(condition=models.Q(('state', 'queued'), _negated=True), fields=['tried_at'], name='webhook_done')],
                    },
                ),
            ],
        ),
    ]
