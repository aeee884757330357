import django.db.models.deletion
import foundation.create_models
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0002_warm_up_curves'),
        ('auth', '__first__'),
        ('labels', '0001_initial'),
        ('sending', '0003_run_overrides_suppressions'),
    ]

    operations = [
        foundation.create_models.CreateModels(
            models=[
                migrations.CreateModel(
                    name='AnswerRun',
                    fields=[
                        ('run', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, related_name='answer_run', serialize=False, to='sending.run')),
                    ],
                    options={
                        'verbose_name': 'run of answers',
                        'verbose_name_plural': 'runs of answers',
                        'ordering': ['-run_id'],
                    },
                    bases=('sending.run',),
                ),
                migrations.CreateModel(
                    name='CannedAnswer',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=128, verbose_name='name')),
                        ('name_key', models.CharField(editable=False, max_length=255, unique=True)),
                        ('text', models.TextField(help_text='Written in Liquid, like a template.', verbose_name='text')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                    ],
                    options={
                        'verbose_name': 'canned answer',
                        'verbose_name_plural': 'canned answers',
                        'ordering': ['name'],
                    },
                ),
                migrations.CreateModel(
                    name='Conversation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('uin', models.BigIntegerField(verbose_name='UIN')),
                        ('state', models.CharField(choices=[('open', 'open'), ('closed', 'closed')], default='open', max_length=8, verbose_name='state')),
                        ('unread', models.PositiveIntegerField(default=0, verbose_name='unread')),
                        ('read_at', models.DateTimeField(blank=True, null=True, verbose_name='read until')),
                        ('last_inbound_at', models.DateTimeField(blank=True, null=True, verbose_name='last message from the person')),
                        ('last_message_at', models.DateTimeField(verbose_name='last message')),
                        ('preview', models.CharField(blank=True, default='', max_length=200, verbose_name='text')),
                        ('is_ours_last', models.BooleanField(default=False)),
                        ('note', models.TextField(blank=True, default='', verbose_name='note')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                        ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='conversations', to='accounts.account', verbose_name='account')),
                        ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='conversations', to=settings.AUTH_USER_MODEL, verbose_name='assigned to')),
                        ('labels', models.ManyToManyField(blank=True, related_name='conversations', to='labels.label', verbose_name='labels')),
                    ],
                    options={
                        'verbose_name': 'conversation',
                        'verbose_name_plural': 'conversations',
                        'ordering': ['-last_message_at', '-id'],
                        'indexes': [models.Index(fields=['-last_message_at', '-id'], name='conversation_newest'), models.Index(fields=['state', '-last_message_at', '-id'], name='conversation_state'), models.Index(fields=['account', '-last_message_at', '-id'], name='conversation_account'), models.Index(condition=models.Q(('assignee__isnull', False)), fields=['assignee', '-last_message_at', '-id'], name='conversation_assignee'), models.Index(condition=models.Q(('unread__gt', 0)), fields=['-last_message_at', '-id'], name='conversation_unread'), models.Index(fields=['uin'], name='conversation_person')],
                        'constraints': [models.UniqueConstraint(fields=('account', 'uin'), name='conversation_unique_person_of_account'), models.CheckConstraint(condition=models.Q(('state__in', ['open', 'closed'])), name='conversation_state_known')],
                    },
                ),
                migrations.CreateModel(
                    name='Answer',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=64)),
                        ('is_automatic', models.BooleanField(default=False, verbose_name='automatic')),
                        ('created_at', models.DateTimeField(verbose_name='created at')),
                        ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                        ('delivery', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='answer', to='sending.delivery', verbose_name='delivery')),
                        ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='conversations.conversation', verbose_name='conversation')),
                    ],
                    options={
                        'verbose_name': 'answer',
                        'verbose_name_plural': 'answers',
                        'ordering': ['-id'],
                        'indexes': [models.Index(fields=['conversation', '-created_at', '-id'], name='answer_newest')],
                        'constraints': [models.UniqueConstraint(fields=('conversation', 'key'), name='answer_unique_key_of_conversation')],
                    },
                ),
                migrations.CreateModel(
                    name='HistoricalCannedAnswer',
                    fields=[
                        ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                        ('name', models.CharField(max_length=128, verbose_name='name')),
                        ('text', models.TextField(help_text='Written in Liquid, like a template.', verbose_name='text')),
                        ('created_at', models.DateTimeField(blank=True, editable=False, verbose_name='created at')),
                        ('updated_at', models.DateTimeField(blank=True, editable=False, verbose_name='updated at')),
                        ('history_id', models.AutoField(primary_key=True, serialize=False)),
                        ('history_date', models.DateTimeField(db_index=True)),
                        ('history_change_reason', models.CharField(max_length=100, null=True)),
                        ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                        ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'historical canned answer',
                        'verbose_name_plural': 'historical canned answers',
                        'ordering': ('-history_date', '-history_id'),
                        'get_latest_by': ('history_date', 'history_id'),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
            ],
        ),
    ]
