"""Rules for messages that arrive, and the answers that they asked for."""

import django.core.validators
import django.db.models.deletion
import foundation.create_models
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_warm_up_curves'),
        ('auth', '__first__'),
        ('contacts', '0001_initial'),
        ('conversations', '0003_search_of_texts'),
        ('labels', '0001_initial'),
    ]

    operations = [
        foundation.create_models.CreateModels(
            models=[
                migrations.CreateModel(
                    name='HistoricalReplyRule',
                    fields=[
                        ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                        ('name', models.CharField(max_length=128, verbose_name='name')),
                        ('position', models.PositiveIntegerField(default=0, help_text='Lower ones first; equal ones by age.', verbose_name='order')),
                        ('is_on', models.BooleanField(default=False, verbose_name='switched on')),
                        ('is_last', models.BooleanField(default=False, help_text='Rules after it do not see the message.', verbose_name='the last one')),
                        ('words', models.TextField(blank=True, default='', help_text='One on each line. Compared without case, width and outer punctuation.', verbose_name='words')),
                        ('match', models.CharField(choices=[('contains', 'the message contains one of them'), ('exact', 'the message is one of them'), ('begins', 'the message begins with one of them')], default='contains', max_length=8, verbose_name='words are looked for so')),
                        ('answer', models.TextField(blank=True, default='', help_text='With the variables of a template. Nobody who opted out is answered.', verbose_name='answer')),
                        ('answers_a_day', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10)], verbose_name='answers to a person a day')),
                        ('suppresses', models.BooleanField(default=False, verbose_name='suppress the person')),
                        ('created_at', models.DateTimeField(blank=True, editable=False, verbose_name='created at')),
                        ('history_id', models.AutoField(primary_key=True, serialize=False)),
                        ('history_date', models.DateTimeField(db_index=True)),
                        ('history_change_reason', models.CharField(max_length=100, null=True)),
                        ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                        ('adds_to', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='contacts.contactlist', verbose_name='add the person to the list')),
                        ('assignee', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='assign it to')),
                        ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('segment', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='contacts.segment', verbose_name='from people in the segment')),
                    ],
                    options={
                        'verbose_name': 'historical rule for messages',
                        'verbose_name_plural': 'historical rules for messages',
                        'ordering': ('-history_date', '-history_id'),
                        'get_latest_by': ('history_date', 'history_id'),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name='ReplyRule',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=128, verbose_name='name')),
                        ('name_key', models.CharField(editable=False, max_length=255, unique=True)),
                        ('position', models.PositiveIntegerField(default=0, help_text='Lower ones first; equal ones by age.', verbose_name='order')),
                        ('is_on', models.BooleanField(default=False, verbose_name='switched on')),
                        ('is_last', models.BooleanField(default=False, help_text='Rules after it do not see the message.', verbose_name='the last one')),
                        ('words', models.TextField(blank=True, default='', help_text='One on each line. Compared without case, width and outer punctuation.', verbose_name='words')),
                        ('match', models.CharField(choices=[('contains', 'the message contains one of them'), ('exact', 'the message is one of them'), ('begins', 'the message begins with one of them')], default='contains', max_length=8, verbose_name='words are looked for so')),
                        ('answer', models.TextField(blank=True, default='', help_text='With the variables of a template. Nobody who opted out is answered.', verbose_name='answer')),
                        ('answers_a_day', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10)], verbose_name='answers to a person a day')),
                        ('suppresses', models.BooleanField(default=False, verbose_name='suppress the person')),
                        ('matched', models.PositiveIntegerField(default=0, editable=False, verbose_name='matched')),
                        ('labelled', models.PositiveIntegerField(default=0, editable=False, verbose_name='labelled')),
                        ('assigned', models.PositiveIntegerField(default=0, editable=False, verbose_name='assigned')),
                        ('answered', models.PositiveIntegerField(default=0, editable=False, verbose_name='answered')),
                        ('withheld', models.PositiveIntegerField(default=0, editable=False, verbose_name='answers withheld')),
                        ('added', models.PositiveIntegerField(default=0, editable=False, verbose_name='added to the list')),
                        ('suppressed', models.PositiveIntegerField(default=0, editable=False, verbose_name='suppressed')),
                        ('problem', models.CharField(blank=True, default='', editable=False, max_length=500, verbose_name='problem')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                        ('account_labels', models.ManyToManyField(blank=True, related_name='+', to='labels.label', verbose_name='to accounts with a label')),
                        ('accounts', models.ManyToManyField(blank=True, related_name='+', to='accounts.account', verbose_name='to the accounts')),
                        ('adds_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.contactlist', verbose_name='add the person to the list')),
                        ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='assign it to')),
                        ('labels', models.ManyToManyField(blank=True, related_name='+', to='labels.label', verbose_name='label the conversation')),
                        ('lists', models.ManyToManyField(blank=True, related_name='+', to='contacts.contactlist', verbose_name='from people in the lists')),
                        ('segment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.segment', verbose_name='from people in the segment')),
                    ],
                    options={
                        'verbose_name': 'rule for messages',
                        'verbose_name_plural': 'rules for messages',
                        'ordering': ['position', 'pk'],
                    },
                ),
                migrations.CreateModel(
                    name='RuleAnswer',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField()),
                        ('state', models.CharField(choices=[('waiting', 'waiting'), ('sent', 'given to the account'), ('withheld', 'withheld')], default='waiting', max_length=8)),
                        ('reason', models.CharField(blank=True, default='', max_length=40)),
                        ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rule_answers', to='conversations.conversation')),
                        ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.inboundmessage')),
                        ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rule_answers', to='conversations.replyrule')),
                    ],
                    options={
                        'verbose_name': 'answer of a rule',
                        'verbose_name_plural': 'answers of rules',
                        'ordering': ['-id'],
                        'indexes': [models.Index(fields=['conversation', 'at'], name='ruleanswer_lately'), models.Index(condition=models.Q(('state', 'waiting')), fields=['id'], name='ruleanswer_waiting')],
                        'constraints': [models.UniqueConstraint(fields=('rule', 'message'), name='ruleanswer_once_a_message')],
                    },
                ),
            ],
        ),
    ]
