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
                    name='FailedSignIns',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(blank=True, max_length=150)),
                        ('address', models.CharField(max_length=45)),
                        ('failures', models.PositiveIntegerField(default=0)),
                        ('failed_at', models.DateTimeField(db_index=True)),
                        ('locked_until', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'default_permissions': (),
                        'constraints': [models.UniqueConstraint(models.F('name'), models.F('address'), name='failed_sign_ins_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Passkey',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=100)),
                        ('credential_id', models.CharField(max_length=1400, unique=True)),
                        ('credential', models.TextField()),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('used_at', models.DateTimeField(blank=True, null=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'default_permissions': (),
                    },
                ),
                migrations.CreateModel(
                    name='SignedInSession',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('session_key', models.CharField(max_length=40, unique=True)),
                        ('address', models.CharField(blank=True, max_length=45)),
                        ('browser', models.CharField(blank=True, max_length=200)),
                        ('signed_in_at', models.DateTimeField()),
                        ('used_at', models.DateTimeField()),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'default_permissions': (),
                    },
                ),
                migrations.CreateModel(
                    name='TotpSecret',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('secret', foundation.encrypted_field.EncryptedTextField()),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('last_step', models.BigIntegerField(default=0)),
                        ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'default_permissions': (),
                    },
                ),
                migrations.CreateModel(
                    name='RecoveryCode',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('digest', models.CharField(max_length=64)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'default_permissions': (),
                        'constraints': [models.UniqueConstraint(models.F('user'), models.F('digest'), name='recovery_code_once')],
                    },
                ),
            ],
        ),
    ]
