import django.db.models.deletion
import foundation.create_models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
        ('sending', '0007_replies_until_now'),
    ]

    operations = [
        foundation.create_models.CreateModels(
            models=[
                migrations.CreateModel(
                    name='MessageRun',
                    fields=[
                        ('run', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, related_name='message_run', serialize=False, to='sending.run')),
                    ],
                    options={
                        'verbose_name': 'run of messages',
                        'verbose_name_plural': 'runs of messages',
                        'ordering': ['-run_id'],
                    },
                    bases=('sending.run',),
                ),
                migrations.CreateModel(
                    name='Message',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('uin', models.BigIntegerField(db_index=True, verbose_name='UIN')),
                        ('created_at', models.DateTimeField(verbose_name='created at')),
                        ('expires_at', models.DateTimeField(db_index=True, verbose_name='expires at')),
                        ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                        ('delivery', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='api_message', to='sending.delivery', verbose_name='delivery')),
                    ],
                    options={
                        'verbose_name': 'message',
                        'verbose_name_plural': 'messages',
                        'ordering': ['-id'],
                    },
                ),
                migrations.CreateModel(
                    name='StoredAnswer',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=100)),
                        ('request_hash', models.CharField(max_length=64)),
                        ('status', models.PositiveSmallIntegerField()),
                        ('body', models.TextField()),
                        ('at', models.DateTimeField(db_index=True)),
                        ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='stored_answer_unique_key')],
                    },
                ),
                migrations.CreateModel(
                    name='Token',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=100, verbose_name='name')),
                        ('scope', models.CharField(choices=[('read', 'read'), ('write', 'write: campaigns, texts, people; sends nothing'), ('send', 'send: start runs, answer people, log accounts in'), ('admin', 'administer: accounts, rules for all campaigns')], max_length=10, verbose_name='scope')),
                        ('start', models.CharField(max_length=16, verbose_name='begins with')),
                        ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                        ('created_at', models.DateTimeField(verbose_name='created at')),
                        ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires at')),
                        ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked at')),
                        ('last_used_at', models.DateTimeField(blank=True, null=True, verbose_name='last used at')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                    ],
                    options={
                        'verbose_name': 'API token',
                        'verbose_name_plural': 'API tokens',
                        'ordering': ['-id'],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('user', 'name'), name='token_unique_name_of_user'), models.CheckConstraint(condition=models.Q(('scope__in', ['read', 'write', 'send', 'admin'])), name='token_scope_known')],
                    },
                ),
            ],
        ),
    ]
