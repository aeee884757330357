import django.db.models.deletion
import foundation.create_models
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        foundation.create_models.CreateModels(
            models=[
                migrations.CreateModel(
                    name='AuditEntry',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=64, unique=True, verbose_name='request')),
                        ('at', models.DateTimeField(db_index=True, verbose_name='time')),
                        ('user_id', models.BigIntegerField(blank=True, db_index=True, null=True, verbose_name="operator's number")),
                        ('who', models.CharField(max_length=200, verbose_name='who')),
                        ('channel', models.CharField(choices=[('browser', 'browser'), ('command', 'command line'), ('api', 'API'), ('system', 'the system')], max_length=8, verbose_name='channel')),
                        ('address', models.CharField(blank=True, max_length=45, verbose_name='address')),
                        ('verb', models.CharField(max_length=80, verbose_name='verb')),
                        ('object_type', models.CharField(blank=True, max_length=100, verbose_name='type')),
                        ('object_id', models.CharField(blank=True, max_length=64, verbose_name='row')),
                        ('object_name', models.CharField(blank=True, max_length=200, verbose_name='name')),
                        ('sentence', models.CharField(blank=True, max_length=800, verbose_name='in words')),
                        ('facts', models.JSONField(blank=True, default=dict, verbose_name='facts')),
                    ],
                    options={
                        'verbose_name': 'entry of the audit trail',
                        'verbose_name_plural': 'audit trail',
                        'ordering': ['-id'],
                    },
                ),
                migrations.CreateModel(
                    name='AuditPermit',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('purpose', models.CharField(max_length=40)),
                    ],
                ),
                migrations.CreateModel(
                    name='OpenAct',
                    fields=[
                        ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ('at', models.DateTimeField()),
                        ('user_id', models.BigIntegerField(null=True)),
                        ('who', models.CharField(max_length=200)),
                        ('channel', models.CharField(max_length=8)),
                        ('address', models.CharField(max_length=45)),
                        ('verb', models.CharField(max_length=80)),
                    ],
                ),
                migrations.CreateModel(
                    name='AuditChange',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('added', 'added'), ('changed', 'changed'), ('deleted', 'deleted')], max_length=8, verbose_name='kind')),
                        ('object_type', models.CharField(max_length=100, verbose_name='type')),
                        ('object_id', models.CharField(max_length=64, verbose_name='row')),
                        ('object_name', models.CharField(max_length=200, verbose_name='name')),
                        ('before', models.JSONField(blank=True, default=dict, verbose_name='before')),
                        ('after', models.JSONField(blank=True, default=dict, verbose_name='after')),
                        ('entry', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='changes', to='audit.auditentry')),
                    ],
                    options={
                        'verbose_name': 'change',
                        'verbose_name_plural': 'changes',
                        'indexes': [models.Index(fields=['object_type', 'object_id', 'id'], name='auditchange_object')],
                    },
                ),
            ],
        ),
    ]
