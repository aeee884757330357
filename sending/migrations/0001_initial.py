import datetime
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import foundation.create_models
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('auth', '__first__'),
        ('contacts', '0001_initial'),
    ]

    operations = [
        foundation.create_models.CreateModels(
            models=[
                migrations.CreateModel(
                    name='ForbiddenWord',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('word', models.CharField(help_text='Compared without case, width and blanks. ? stands for one character, * for up to 20.', max_length=100, verbose_name='word')),
                        ('key', models.CharField(editable=False, max_length=255, unique=True)),
                        ('action', models.CharField(choices=[('refuse', 'refuse: the text cannot be saved or sent'), ('approve', 'hold: the text needs an approval')], default='refuse', max_length=8, verbose_name='action')),
                        ('note', models.CharField(blank=True, max_length=255, verbose_name='note')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ],
                    options={
                        'verbose_name': 'forbidden word',
                        'verbose_name_plural': 'forbidden words',
                        'ordering': ['word'],
                    },
                ),
                migrations.CreateModel(
                    name='HistoricalForbiddenWord',
                    fields=[
                        ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                        ('word', models.CharField(help_text='Compared without case, width and blanks. ? stands for one character, * for up to 20.', max_length=100, verbose_name='word')),
                        ('action', models.CharField(choices=[('refuse', 'refuse: the text cannot be saved or sent'), ('approve', 'hold: the text needs an approval')], default='refuse', max_length=8, verbose_name='action')),
                        ('note', models.CharField(blank=True, max_length=255, verbose_name='note')),
                        ('created_at', models.DateTimeField(blank=True, editable=False, verbose_name='created at')),
                        ('history_id', models.AutoField(primary_key=True, serialize=False)),
                        ('history_date', models.DateTimeField(db_index=True)),
                        ('history_change_reason', models.CharField(max_length=100, null=True)),
                        ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                        ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'historical forbidden word',
                        'verbose_name_plural': 'historical forbidden words',
                        'ordering': ('-history_date', '-history_id'),
                        'get_latest_by': ('history_date', 'history_id'),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name='HistoricalQuietHours',
                    fields=[
                        ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                        ('timezone', models.CharField(default='Asia/Shanghai', max_length=64, verbose_name='time zone')),
                        ('start', models.TimeField(default=datetime.time(22, 0), verbose_name='quiet from')),
                        ('end', models.TimeField(default=datetime.time(8, 0), verbose_name='quiet until')),
                        ('history_id', models.AutoField(primary_key=True, serialize=False)),
                        ('history_date', models.DateTimeField(db_index=True)),
                        ('history_change_reason', models.CharField(max_length=100, null=True)),
                        ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                        ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'historical quiet hours',
                        'verbose_name_plural': 'historical quiet hours',
                        'ordering': ('-history_date', '-history_id'),
                        'get_latest_by': ('history_date', 'history_id'),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name='HistoricalResultPolicy',
                    fields=[
                        ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                        ('command', models.CharField(choices=[('CLTMSG', 'a message'), ('LOGIN', 'a login')], max_length=8, verbose_name='in answer to')),
                        ('code', models.CharField(help_text='A RES, or NULL, timeout, reset, malformed, HTTP_502, HTTP_*, RS_1, *', max_length=16, verbose_name='result code')),
                        ('action', models.CharField(choices=[('done', 'done'), ('replay', 'repeat the same request (same SEQ)'), ('later', 'try again later (new SEQ)'), ('fail', 'fail')], max_length=8, verbose_name='what happens')),
                        ('max_tries', models.PositiveSmallIntegerField(default=1, help_text='Tries of a message under “try again later”. A request is repeated for as long as the gateway remembers its SEQ.', verbose_name='tries at most')),
                        ('backoff_seconds', models.FloatField(default=0.0, verbose_name='first pause (s)')),
                        ('backoff_factor', models.FloatField(default=2.0, verbose_name='factor for each further pause')),
                        ('backoff_longest', models.FloatField(default=300.0, validators=[django.core.validators.MaxValueValidator(86400.0, 'A pause lasts a day (86400 seconds) at most.')], verbose_name='longest pause (s)')),
                        ('account_action', models.CharField(choices=[('none', 'nothing'), ('rest', 'rest, and go slower'), ('log_in', 'log in again'), ('quarantine', 'quarantine')], default='none', max_length=12, verbose_name='the account')),
                        ('suppresses_contact', models.BooleanField(default=False, verbose_name='suppress the contact')),
                        ('stops_run', models.BooleanField(default=False, verbose_name='stop the run')),
                        ('history_id', models.AutoField(primary_key=True, serialize=False)),
                        ('history_date', models.DateTimeField(db_index=True)),
                        ('history_change_reason', models.CharField(max_length=100, null=True)),
                        ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                        ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'historical result policy',
                        'verbose_name_plural': 'historical result policies',
                        'ordering': ('-history_date', '-history_id'),
                        'get_latest_by': ('history_date', 'history_id'),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name='QuietHours',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('timezone', models.CharField(default='Asia/Shanghai', max_length=64, verbose_name='time zone')),
                        ('start', models.TimeField(default=datetime.time(22, 0), verbose_name='quiet from')),
                        ('end', models.TimeField(default=datetime.time(8, 0), verbose_name='quiet until')),
                    ],
                    options={
                        'verbose_name': 'quiet hours',
                        'verbose_name_plural': 'quiet hours',
                        'ordering': ['timezone', 'start'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('start', models.F('end')), _negated=True), name='quiet_hours_not_empty', violation_error_message='The quiet hours are empty: they start and end at the same time.'), models.UniqueConstraint(fields=('timezone', 'start', 'end'), name='quiet_hours_once')],
                    },
                ),
                migrations.CreateModel(
                    name='ResultPolicy',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('command', models.CharField(choices=[('CLTMSG', 'a message'), ('LOGIN', 'a login')], max_length=8, verbose_name='in answer to')),
                        ('code', models.CharField(help_text='A RES, or NULL, timeout, reset, malformed, HTTP_502, HTTP_*, RS_1, *', max_length=16, verbose_name='result code')),
                        ('action', models.CharField(choices=[('done', 'done'), ('replay', 'repeat the same request (same SEQ)'), ('later', 'try again later (new SEQ)'), ('fail', 'fail')], max_length=8, verbose_name='what happens')),
                        ('max_tries', models.PositiveSmallIntegerField(default=1, help_text='Tries of a message under “try again later”. A request is repeated for as long as the gateway remembers its SEQ.', verbose_name='tries at most')),
                        ('backoff_seconds', models.FloatField(default=0.0, verbose_name='first pause (s)')),
                        ('backoff_factor', models.FloatField(default=2.0, verbose_name='factor for each further pause')),
                        ('backoff_longest', models.FloatField(default=300.0, validators=[django.core.validators.MaxValueValidator(86400.0, 'A pause lasts a day (86400 seconds) at most.')], verbose_name='longest pause (s)')),
                        ('account_action', models.CharField(choices=[('none', 'nothing'), ('rest', 'rest, and go slower'), ('log_in', 'log in again'), ('quarantine', 'quarantine')], default='none', max_length=12, verbose_name='the account')),
                        ('suppresses_contact', models.BooleanField(default=False, verbose_name='suppress the contact')),
                        ('stops_run', models.BooleanField(default=False, verbose_name='stop the run')),
                    ],
                    options={
                        'verbose_name': 'result policy',
                        'verbose_name_plural': 'result policies',
                        'ordering': ['command', 'code'],
                        'constraints': [models.UniqueConstraint(fields=('command', 'code'), name='resultpolicy_unique_code'), models.CheckConstraint(condition=models.Q(('backoff_seconds__gte', 0), ('backoff_factor__gte', 1), ('backoff_longest__gte', 0)), name='resultpolicy_backoff_sane', violation_error_message='Pauses must be zero or more, and the factor one or more.')],
                    },
                ),
                migrations.CreateModel(
                    name='Run',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('origin', models.CharField(max_length=64)),
                        ('number', models.PositiveIntegerField(verbose_name='number')),
                        ('state', models.CharField(choices=[('draft', 'draft'), ('awaiting_approval', 'awaiting approval'), ('scheduled', 'scheduled'), ('preparing', 'preparing'), ('running', 'running'), ('paused', 'paused'), ('finished', 'finished'), ('cancelled', 'cancelled'), ('stopped', 'stopped')], default='draft', max_length=20, verbose_name='state')),
                        ('state_detail', models.CharField(blank=True, max_length=500, verbose_name='in words')),
                        ('state_changed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='since')),
                        ('cap_most', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='messages at most')),
                        ('cap_seconds', models.PositiveIntegerField(blank=True, null=True, verbose_name='in seconds')),
                        ('cap_counts_all', models.BooleanField(default=True)),
                        ('per_minute', models.PositiveIntegerField(blank=True, null=True, verbose_name='messages a minute')),
                        ('priority', models.PositiveSmallIntegerField(default=5, verbose_name='priority')),
                        ('text', models.TextField(verbose_name='text')),
                        ('promise', models.CharField(choices=[('never-twice', 'never twice: messages without a clear result are shown as unknown'), ('never-missed', 'never missed: messages without a clear result are sent again')], max_length=16, verbose_name='promise')),
                        ('windows', models.TextField(blank=True, default='', verbose_name='sending windows')),
                        ('calendar', models.JSONField(blank=True, default=dict)),
                        ('overrides_quiet_hours', models.BooleanField(default=False, verbose_name='also in quiet hours')),
                        ('timezone', models.CharField(max_length=64, verbose_name='time zone')),
                        ('starts_at', models.DateTimeField(blank=True, null=True, verbose_name='starts at')),
                        ('deadline_at', models.DateTimeField(blank=True, null=True, verbose_name='deadline')),
                        ('stays_open', models.BooleanField(default=False, verbose_name='stays open')),
                        ('holds_rest', models.BooleanField(default=False, verbose_name='holds the rest')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                        ('planned_at', models.DateTimeField(blank=True, null=True, verbose_name='planned at')),
                        ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
                        ('lists', models.ManyToManyField(blank=True, related_name='runs', to='contacts.contactlist', verbose_name='to these lists')),
                    ],
                    options={
                        'verbose_name': 'run',
                        'verbose_name_plural': 'runs',
                        'ordering': ['-id'],
                        'indexes': [models.Index(condition=models.Q(('state__in', ('awaiting_approval', 'scheduled', 'preparing', 'running', 'paused'))), fields=['state'], name='run_active')],
                        'constraints': [models.UniqueConstraint(fields=('origin', 'number'), name='run_unique_number_of_origin'), models.UniqueConstraint(condition=models.Q(('state__in', ('awaiting_approval', 'scheduled', 'preparing', 'running', 'paused'))), fields=('origin',), name='run_unique_active_of_origin'), models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'awaiting_approval', 'scheduled', 'preparing', 'running', 'paused', 'finished', 'cancelled', 'stopped'])), name='run_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('cap_most', None), ('cap_seconds', None)), models.Q(('cap_most__gte', 1), ('cap_seconds__gte', 1)), _connector='OR'), name='run_cap_whole'), models.CheckConstraint(condition=models.Q(('per_minute', None), ('per_minute__gte', 1), _connector='OR'), name='run_rate_known'), models.CheckConstraint(condition=models.Q(('priority__gte', 1), ('priority__lte', 9)), name='run_priority_known')],
                    },
                ),
                migrations.CreateModel(
                    name='OnceAcross',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('origin', models.CharField(max_length=64)),
                        ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='once_across', to='sending.run', verbose_name='run')),
                    ],
                    options={
                        'verbose_name': 'origin that counts together',
                        'verbose_name_plural': 'origins that count together',
                        'constraints': [models.UniqueConstraint(fields=('run', 'origin'), name='onceacross_unique_origin_of_run')],
                    },
                ),
                migrations.CreateModel(
                    name='Delivery',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('rank', models.IntegerField(db_default=0, default=0, verbose_name='rank')),
                        ('uin', models.BigIntegerField(verbose_name='UIN')),
                        ('state', models.CharField(choices=[('pending', 'pending'), ('sending', 'in flight'), ('sent', 'sent'), ('failed', 'failed'), ('skipped', 'skipped'), ('cancelled', 'cancelled'), ('unknown', 'unknown')], default='pending', max_length=10, verbose_name='state')),
                        ('reason', models.CharField(blank=True, default='', max_length=32, verbose_name='reason')),
                        ('attempt_count', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                        ('counted_from', models.PositiveSmallIntegerField(null=True, verbose_name='attempts before the retry')),
                        ('last_res', models.CharField(blank=True, default='', max_length=16, verbose_name='last RES')),
                        ('seq', models.BigIntegerField(null=True, verbose_name='SEQ')),
                        ('not_before', models.DateTimeField(null=True, verbose_name='not before')),
                        ('sent_at', models.DateTimeField(null=True, verbose_name='sent at')),
                        ('text_number', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='number of the text')),
                        ('text', models.TextField(null=True, verbose_name='text')),
                        ('account', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='accounts.account', verbose_name='account')),
                        ('contact', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='deliveries', to='contacts.contact', verbose_name='contact')),
                        ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='sending.run', verbose_name='run')),
                    ],
                    options={
                        'verbose_name': 'delivery',
                        'verbose_name_plural': 'deliveries',
                        'ordering': ['id'],
                        'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['account', 'run', 'rank', 'id'], name='delivery_next'), models.Index(condition=models.Q(('state', 'sending')), fields=['account'], name='delivery_in_flight'), models.Index(condition=models.Q(('state__in', ('failed', 'skipped', 'unknown'))), fields=['run', 'state', 'reason', 'id'], name='delivery_exceptions')],
                        'constraints': [models.UniqueConstraint(fields=('contact', 'run'), name='delivery_unique_contact_in_run'), models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'sending', 'sent', 'failed', 'skipped', 'cancelled', 'unknown'])), name='delivery_state_known')],
                    },
                ),
                migrations.CreateModel(
                    name='CapOrigin',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('origin', models.CharField(max_length=64)),
                        ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='cap_origins', to='sending.run', verbose_name='run')),
                    ],
                    options={
                        'verbose_name': 'origin that a cap counts',
                        'verbose_name_plural': 'origins that a cap counts',
                        'constraints': [models.UniqueConstraint(fields=('run', 'origin'), name='caporigin_unique_origin_of_run')],
                    },
                ),
                migrations.CreateModel(
                    name='RunEvent',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                        ('state', models.CharField(choices=[('draft', 'draft'), ('awaiting_approval', 'awaiting approval'), ('scheduled', 'scheduled'), ('preparing', 'preparing'), ('running', 'running'), ('paused', 'paused'), ('finished', 'finished'), ('cancelled', 'cancelled'), ('stopped', 'stopped')], max_length=20, verbose_name='state')),
                        ('detail', models.CharField(blank=True, max_length=500, verbose_name='in words')),
                        ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                        ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='sending.run', verbose_name='run')),
                    ],
                    options={
                        'verbose_name': 'run event',
                        'verbose_name_plural': 'run events',
                        'ordering': ['-at', '-id'],
                    },
                ),
                migrations.CreateModel(
                    name='RunText',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveSmallIntegerField(verbose_name='number')),
                        ('variant', models.CharField(blank=True, default='', max_length=64, verbose_name='variant')),
                        ('language', models.CharField(blank=True, default='', max_length=35, verbose_name='language')),
                        ('text', models.TextField(verbose_name='text')),
                        ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='texts', to='sending.run', verbose_name='run')),
                    ],
                    options={
                        'verbose_name': 'text of a run',
                        'verbose_name_plural': 'texts of a run',
                        'ordering': ['run', 'number'],
                        'constraints': [models.UniqueConstraint(fields=('run', 'number'), name='runtext_unique_number_of_run'), models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='runtext_number_above_zero')],
                    },
                ),
                migrations.CreateModel(
                    name='Tally',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('shard', models.BigIntegerField(default=0)),
                        ('kind', models.CharField(choices=[('targeted', 'targeted'), ('state', 'by state'), ('reason', 'by state and reason'), ('res', 'by result code'), ('merged', 'people in several lists, counted once')], max_length=8)),
                        ('key', models.CharField(blank=True, default='', max_length=48)),
                        ('n', models.BigIntegerField(default=0)),
                        ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tallies', to='sending.run')),
                    ],
                    options={
                        'verbose_name': 'figure',
                        'verbose_name_plural': 'figures',
                        'constraints': [models.UniqueConstraint(fields=('run', 'kind', 'key', 'shard'), name='tally_unique_key')],
                    },
                ),
                migrations.CreateModel(
                    name='Attempt',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('seq', models.BigIntegerField(verbose_name='SEQ')),
                        ('marked_at', models.DateTimeField(verbose_name='marked at')),
                        ('replays', models.PositiveSmallIntegerField(default=0, verbose_name='replays')),
                        ('res', models.CharField(blank=True, default='', max_length=16, verbose_name='RES')),
                        ('finished_at', models.DateTimeField(null=True, verbose_name='finished at')),
                        ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='accounts.account', verbose_name='account')),
                        ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='sending.delivery', verbose_name='delivery')),
                    ],
                    options={
                        'verbose_name': 'attempt',
                        'verbose_name_plural': 'attempts',
                        'ordering': ['id'],
                        'constraints': [models.UniqueConstraint(fields=('account', 'seq'), name='attempt_unique_seq')],
                    },
                ),
            ],
        ),
    ]
