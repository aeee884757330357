import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import foundation.create_models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
        ('labels', '0001_initial'),
    ]

    operations = [
        foundation.create_models.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Attribute',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=255, unique=True, verbose_name='name')),
                        ('key', models.TextField(editable=False)),
                        ('kind', models.CharField(blank=True, choices=[('text', 'plain text'), ('number', 'a number'), ('date', 'a date'), ('yes_no', 'yes or no')], max_length=8, verbose_name='type')),
                        ('order', models.CharField(blank=True, choices=[('ymd', 'year, month, day'), ('dmy', 'day, month, year'), ('mdy', 'month, day, year')], max_length=3, verbose_name='order of dates')),
                        ('read_up_to', models.BigIntegerField(editable=False, null=True)),
                        ('counting', models.BigIntegerField(default=0, editable=False)),
                        ('unread', models.BigIntegerField(default=0, editable=False, verbose_name='unreadable values')),
                        ('is_target_kept', models.BooleanField(default=True, editable=False)),
                        ('merged_up_to', models.BigIntegerField(default=0, editable=False)),
                        ('merging_into', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contacts.attribute')),
                    ],
                    options={
                        'verbose_name': 'attribute',
                        'verbose_name_plural': 'attributes',
                        'ordering': ['name'],
                    },
                ),
                migrations.CreateModel(
                    name='ContactImport',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('archived_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='archived at')),
                        ('policy', models.CharField(choices=[('skip', 'keep the existing values'), ('fill', 'fill in empty values only'), ('overwrite', 'overwrite with the file; empty cells change nothing')], default='overwrite', max_length=16, verbose_name='people who are contacts already')),
                        ('file_name', models.CharField(max_length=255, verbose_name='file')),
                        ('stored_name', models.CharField(blank=True, editable=False, max_length=64)),
                        ('size', models.BigIntegerField(default=0, editable=False, verbose_name='bytes')),
                        ('kind', models.CharField(blank=True, editable=False, max_length=8)),
                        ('encoding', models.CharField(blank=True, max_length=32, verbose_name='encoding')),
                        ('doubts', models.JSONField(blank=True, default=list, editable=False)),
                        ('delimiter', models.CharField(blank=True, max_length=1, verbose_name='delimiter')),
                        ('sheet', models.CharField(blank=True, max_length=255, verbose_name='sheet')),
                        ('header_line', models.PositiveIntegerField(default=1, help_text='0: the file has no header.', verbose_name='line of the header')),
                        ('columns', models.JSONField(blank=True, default=list, verbose_name='columns')),
                        ('mapping', models.JSONField(blank=True, default=list, verbose_name='mapping')),
                        ('types', models.JSONField(blank=True, default=dict, editable=False)),
                        ('state', models.CharField(choices=[('uploaded', 'to be checked'), ('queued', 'waiting for a worker'), ('running', 'running'), ('done', 'done'), ('failed', 'failed'), ('cancelled', 'cancelled'), ('undoing', 'being taken back'), ('undone', 'taken back')], default='uploaded', max_length=16, verbose_name='state')),
                        ('problem', models.CharField(blank=True, max_length=500, verbose_name='problem')),
                        ('cursor', models.BigIntegerField(default=0, editable=False)),
                        ('rejects_bytes', models.BigIntegerField(default=0, editable=False)),
                        ('position', models.BigIntegerField(default=0, editable=False)),
                        ('position_end', models.BigIntegerField(default=0, editable=False)),
                        ('created', models.BigIntegerField(default=0, editable=False, verbose_name='new people')),
                        ('updated', models.BigIntegerField(default=0, editable=False, verbose_name='changed')),
                        ('unchanged', models.BigIntegerField(default=0, editable=False, verbose_name='unchanged')),
                        ('rejected', models.BigIntegerField(default=0, editable=False, verbose_name='rejected rows')),
                        ('added', models.BigIntegerField(default=0, editable=False, verbose_name='added to the list')),
                        ('errors', models.JSONField(blank=True, default=list, editable=False, verbose_name='first rejected rows')),
                        ('notes', models.JSONField(blank=True, default=list, editable=False, verbose_name='notes')),
                        ('unread', models.JSONField(blank=True, default=list, editable=False, verbose_name='unread cells')),
                        ('token', models.PositiveIntegerField(default=0, editable=False)),
                        ('heartbeat_at', models.DateTimeField(editable=False, null=True)),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='uploaded at')),
                        ('queued_at', models.DateTimeField(editable=False, null=True, verbose_name='queued at')),
                        ('started_at', models.DateTimeField(editable=False, null=True, verbose_name='started at')),
                        ('finished_at', models.DateTimeField(editable=False, null=True, verbose_name='finished at')),
                        ('undone_at', models.DateTimeField(editable=False, null=True, verbose_name='taken back at')),
                        ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                        ('contact_list', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='imports', to='contacts.contactlist', verbose_name='into the list')),
                    ],
                    options={
                        'verbose_name': 'import',
                        'verbose_name_plural': 'imports',
                        'ordering': ['-id'],
                        'indexes': [models.Index(condition=models.Q(('state__in', ('queued', 'running', 'undoing'))), fields=['state'], name='import_worked')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['uploaded', 'queued', 'running', 'done', 'failed', 'cancelled', 'undoing', 'undone'])), name='import_state_known'), models.CheckConstraint(condition=models.Q(('policy__in', ['skip', 'fill', 'overwrite'])), name='import_policy_known')],
                    },
                ),
                migrations.CreateModel(
                    name='Contact',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('uin', models.BigIntegerField(unique=True, validators=[django.core.validators.MinValueValidator(10000), django.core.validators.MaxValueValidator(4294967295)], verbose_name='UIN')),
                        ('name', models.CharField(blank=True, max_length=255, verbose_name='name')),
                        ('attributes', models.JSONField(blank=True, default=dict, help_text='Anything else known about the person, for templates and segments.', verbose_name='attributes')),
                        ('readings', models.JSONField(blank=True, editable=False, null=True)),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                        ('source_import', models.ForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contacts.contactimport', verbose_name='came with the import')),
                    ],
                    options={
                        'verbose_name': 'contact',
                        'verbose_name_plural': 'contacts',
                        'ordering': ['id'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('uin__gte', 10000), ('uin__lte', 4294967295)), name='contact_uin_range', violation_error_message='A UIN is a number from 10000 to 4294967295.')],
                    },
                ),
                migrations.CreateModel(
                    name='ContactList',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=128, verbose_name='name')),
                        ('name_key', models.CharField(editable=False, max_length=255, unique=True)),
                        ('archived_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='archived at')),
                        ('description', models.TextField(blank=True, verbose_name='description')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                        ('labels', models.ManyToManyField(blank=True, related_name='lists', to='labels.label', verbose_name='labels')),
                        ('contacts', models.ManyToManyField(related_name='lists', through='contacts.Membership', to='contacts.contact', verbose_name='contacts')),
                    ],
                    options={
                        'verbose_name': 'list',
                        'verbose_name_plural': 'lists',
                        'ordering': ['name'],
                    },
                ),
                migrations.CreateModel(
                    name='AttributeUse',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('attribute', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='contacts.attribute')),
                        ('contact_list', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='attribute_uses', to='contacts.contactlist')),
                    ],
                    options={
                        'verbose_name': 'use of an attribute',
                        'verbose_name_plural': 'uses of attributes',
                        'constraints': [models.UniqueConstraint(fields=('contact_list', 'attribute'), name='attribute_once_a_list'), models.UniqueConstraint(condition=models.Q(('contact_list', None)), fields=('attribute',), name='attribute_once_without')],
                    },
                ),
                migrations.CreateModel(
                    name='ImportChange',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('changes', models.JSONField()),
                        ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='import_changes', to='contacts.contact')),
                        ('contact_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='contacts.contactimport')),
                    ],
                    options={
                        'verbose_name': 'imported change',
                        'verbose_name_plural': 'imported changes',
                    },
                ),
                migrations.CreateModel(
                    name='Membership',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('added_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='added at')),
                        ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='contacts.contact', verbose_name='contact')),
                        ('contact_list', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='contacts.contactlist', verbose_name='list')),
                        ('source_import', models.ForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contacts.contactimport', verbose_name='came with the import')),
                    ],
                    options={
                        'verbose_name': 'membership',
                        'verbose_name_plural': 'memberships',
                        'constraints': [models.UniqueConstraint(fields=('contact_list', 'contact'), name='membership_unique_contact_in_list')],
                    },
                ),
                migrations.CreateModel(
                    name='RememberedMapping',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('header', models.CharField(max_length=64)),
                        ('mapping', models.JSONField()),
                        ('used_at', models.DateTimeField(default=django.utils.timezone.now)),
                        ('operator', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'remembered mapping',
                        'verbose_name_plural': 'remembered mappings',
                        'constraints': [models.UniqueConstraint(fields=('operator', 'header'), name='mapping_unique_header_of_operator'), models.UniqueConstraint(condition=models.Q(('operator', None)), fields=('header',), name='mapping_unique_header_without_operator')],
                    },
                ),
                migrations.CreateModel(
                    name='Segment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=128, verbose_name='name')),
                        ('name_key', models.CharField(editable=False, max_length=255, unique=True)),
                        ('archived_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='archived at')),
                        ('description', models.TextField(blank=True, verbose_name='description')),
                        ('conditions', models.JSONField(default=dict, verbose_name='conditions')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                        ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                    ],
                    options={
                        'verbose_name': 'segment',
                        'verbose_name_plural': 'segments',
                        'ordering': ['name'],
                    },
                ),
                migrations.CreateModel(
                    name='Suppression',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('uin', models.BigIntegerField(validators=[django.core.validators.MinValueValidator(10000), django.core.validators.MaxValueValidator(4294967295)], verbose_name='UIN')),
                        ('reason', models.CharField(choices=[('by_hand', 'entered by an operator'), ('imported', 'imported'), ('replied', 'opted out in a reply'), ('unreachable', 'the gateway reports the UIN as illegal'), ('erased', "erased at the person's request")], default='by_hand', max_length=16, verbose_name='reason')),
                        ('source', models.CharField(blank=True, max_length=255, verbose_name='source')),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
                        ('until', models.DateTimeField(blank=True, help_text='Empty: for good. After this time campaigns may write to the person again.', null=True, verbose_name='until')),
                        ('contact_list', models.ForeignKey(blank=True, help_text='Empty: for every campaign.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='suppressions', to='contacts.contactlist', verbose_name='only for the list')),
                    ],
                    options={
                        'verbose_name': 'suppression',
                        'verbose_name_plural': 'suppressions',
                        'ordering': ['-id'],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('contact_list', None)), fields=('uin',), name='suppression_unique_uin_everywhere'), models.UniqueConstraint(fields=('uin', 'contact_list'), name='suppression_unique_uin_in_list')],
                    },
                ),
            ],
        ),
    ]
