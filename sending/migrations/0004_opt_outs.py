"""The words by which people opt out in a reply, and what replies did."""

import django.db.models.deletion
import foundation.create_models
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_warm_up_curves'),
        ('auth', '__first__'),
        ('sending', '0003_run_overrides_suppressions'),
    ]

    operations = [
        foundation.create_models.CreateModels(
            models=[
                migrations.CreateModel(
                    name='OptOutWord',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('word', models.CharField(help_text='Compared without case, width, and the blanks and punctuation around it. A question opts nobody out.', max_length=50, verbose_name='word')),
                        ('key', models.CharField(editable=False, max_length=150, unique=True)),
                        ('match', models.CharField(choices=[('exact', 'the reply is the word'), ('begins', 'the reply begins with the word')], default='exact', help_text='A reply that begins with the word must go on with a blank, a punctuation mark or a closing word such as 谢谢.', max_length=8, verbose_name='compared with')),
                        ('direction', models.CharField(choices=[('out', 'opts out'), ('in', 'opts in again')], default='out', max_length=4, verbose_name='what it does')),
                        ('note', models.CharField(blank=True, max_length=255, verbose_name='note')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ],
                    options={
                        'verbose_name': 'opt-out word',
                        'verbose_name_plural': 'opt-out words',
                        'ordering': ['direction', 'word'],
                    },
                ),
                migrations.CreateModel(
                    name='HistoricalOptOutSettings',
                    fields=[
                        ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                        ('is_confirmed', models.BooleanField(default=False, help_text='Who opts out by a reply gets one message that says so, from the same account, within its pace.', verbose_name='confirm opt-outs')),
                        ('text', models.TextField(default='您已退订，我们不会再给您发消息。如需恢复，请回复“恢复订阅”。', verbose_name='text')),
                        ('history_id', models.AutoField(primary_key=True, serialize=False)),
                        ('history_date', models.DateTimeField(db_index=True)),
                        ('history_change_reason', models.CharField(max_length=100, null=True)),
                        ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                        ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'historical opt-out setting',
                        'verbose_name_plural': 'historical opt-out settings',
                        'ordering': ('-history_date', '-history_id'),
                        'get_latest_by': ('history_date', 'history_id'),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name='HistoricalOptOutWord',
                    fields=[
                        ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                        ('word', models.CharField(help_text='Compared without case, width, and the blanks and punctuation around it. A question opts nobody out.', max_length=50, verbose_name='word')),
                        ('match', models.CharField(choices=[('exact', 'the reply is the word'), ('begins', 'the reply begins with the word')], default='exact', help_text='A reply that begins with the word must go on with a blank, a punctuation mark or a closing word such as 谢谢.', max_length=8, verbose_name='compared with')),
                        ('direction', models.CharField(choices=[('out', 'opts out'), ('in', 'opts in again')], default='out', max_length=4, verbose_name='what it does')),
                        ('note', models.CharField(blank=True, max_length=255, verbose_name='note')),
                        ('created_at', models.DateTimeField(blank=True, editable=False, verbose_name='created at')),
                        ('history_id', models.AutoField(primary_key=True, serialize=False)),
                        ('history_date', models.DateTimeField(db_index=True)),
                        ('history_change_reason', models.CharField(max_length=100, null=True)),
                        ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                        ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'historical opt-out word',
                        'verbose_name_plural': 'historical opt-out words',
                        'ordering': ('-history_date', '-history_id'),
                        'get_latest_by': ('history_date', 'history_id'),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name='OptOutSettings',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('is_confirmed', models.BooleanField(default=False, help_text='Who opts out by a reply gets one message that says so, from the same account, within its pace.', verbose_name='confirm opt-outs')),
                        ('text', models.TextField(default='您已退订，我们不会再给您发消息。如需恢复，请回复“恢复订阅”。', verbose_name='text')),
                    ],
                    options={
                        'verbose_name': 'opt-out setting',
                        'verbose_name_plural': 'opt-out settings',
                        'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='optoutsettings_once')],
                    },
                ),
                migrations.CreateModel(
                    name='OptOut',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('uin', models.BigIntegerField(db_index=True, verbose_name='UIN')),
                        ('word', models.CharField(max_length=50, verbose_name='word')),
                        ('direction', models.CharField(choices=[('out', 'opts out'), ('in', 'opts in again')], max_length=4, verbose_name='what it does')),
                        ('at', models.DateTimeField(verbose_name='at')),
                        ('took_effect', models.BooleanField(default=True, verbose_name='took effect')),
                        ('replaced', models.JSONField(editable=False, null=True)),
                        ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='undone at')),
                        ('confirmation', models.CharField(choices=[('none', 'none'), ('waiting', 'waiting'), ('sent', 'given to the account'), ('dropped', 'dropped')], default='none', max_length=8, verbose_name='confirmation')),
                        ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account', verbose_name='account')),
                        ('message', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='opt_out', to='accounts.inboundmessage', verbose_name='reply')),
                        ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='undone by')),
                        ('undone_by_reply', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='undid', to='sending.optout', verbose_name='undone by the reply')),
                    ],
                    options={
                        'verbose_name': 'opt-out',
                        'verbose_name_plural': 'opt-outs',
                        'ordering': ['-id'],
                        'indexes': [models.Index(condition=models.Q(('confirmation', 'waiting')), fields=['id'], name='optout_to_confirm')],
                    },
                ),
            ],
        ),
    ]
