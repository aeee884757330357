"""Django settings. Everything that differs between machines is read from the environment.

The default is the embedded stack: SQLite and an embedded Redis below QQCAMPAIGN_HOME. Production
sets DATABASE_URL, REDIS_URL, SECRET_KEY, CREDENTIAL_KEYS and ALLOWED_HOSTS. This module does not
raise: problems are collected in ENVIRONMENT_PROBLEMS, and a system check reports them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from django.utils.translation import gettext_lazy as _

from qqcampaign import environment, version
from qqcampaign.api_settings import LARGEST_UPLOAD, REQUESTS_PER_MINUTE
from qqcampaign.console.navigation import UNFOLD as UNFOLD
from qqcampaign.database_settings import POSTGRESQL_TIMEOUTS as POSTGRESQL_TIMEOUTS
from qqcampaign.database_settings import database_from
from qqcampaign.email_settings import Email, read_email
from qqcampaign.log_settings import logging_config, read_collector, read_log_format
from qqcampaign.oidc_settings import read_oidc
from qqcampaign.periodic_tasks import PERIODIC_TASKS
from qqcampaign.retention_settings import DEFAULTS, read_retention
from qqcampaign.signin_settings import read_sign_in
from qqcampaign.web_settings import static_fingerprint, upload_limits

Value = TypeVar("Value")

VERSION = version.VERSION
BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT_PROBLEMS: list[str] = []


def _given(reader: Callable[..., Value], name: str, default: Value) -> Value:
    """Return one setting; after a problem, store it for the system check and return the default."""
    try:
        return reader(os.environ, name, default)
    except environment.EnvironmentProblem as problem:
        ENVIRONMENT_PROBLEMS.append(str(problem))
        return default


# --- the folder of the embedded stack ----------------------------------------------------------

QQCAMPAIGN_HOME = Path(_given(environment.read, "QQCAMPAIGN_HOME", str(BASE_DIR / "var")))
QQCAMPAIGN_HOME = QQCAMPAIGN_HOME.expanduser().absolute()

# --- secrets -----------------------------------------------------------------------------------

SECRET_KEY = _given(environment.read, "SECRET_KEY", "")
IS_SECRET_KEY_KEPT = not SECRET_KEY
if IS_SECRET_KEY_KEPT:
    SECRET_KEY = environment.kept_secret(QQCAMPAIGN_HOME, "secret_key")

# The first key encrypts, every key decrypts. To rotate, put a new key in front.
CREDENTIAL_KEYS = _given(environment.read_list, "CREDENTIAL_KEYS", list[str]())
ARE_CREDENTIAL_KEYS_KEPT = not CREDENTIAL_KEYS
if ARE_CREDENTIAL_KEYS_KEPT:
    CREDENTIAL_KEYS = [environment.kept_secret(QQCAMPAIGN_HOME, "credential_key", 32)]

DEBUG = _given(environment.read_bool, "DEBUG", False)
ALLOWED_HOSTS = _given(environment.read_list, "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = _given(environment.read_list, "CSRF_TRUSTED_ORIGINS", list[str]())

# --- the database: it owns all work ------------------------------------------------------------

DATABASE_URL = _given(environment.read, "DATABASE_URL", "")
IS_DATABASE_EMBEDDED = not DATABASE_URL
DATABASE_POOL_SIZE = _given(environment.read_count, "DATABASE_POOL_SIZE", 10)

try:
    DATABASES = {
        "default": database_from(DATABASE_URL, home=QQCAMPAIGN_HOME, pool_size=DATABASE_POOL_SIZE)
    }
except environment.EnvironmentProblem as problem:
    ENVIRONMENT_PROBLEMS.append(str(problem))
    DATABASES = {"default": database_from("", home=QQCAMPAIGN_HOME, pool_size=DATABASE_POOL_SIZE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: wake-ups and rate windows. It owns no work -----------------------------------------

EMBEDDED_REDIS_SOCKET = environment.socket_path(QQCAMPAIGN_HOME)
EMBEDDED_REDIS_URL = f"unix://{quote(str(EMBEDDED_REDIS_SOCKET))}"
REDIS_URL = _given(environment.read, "REDIS_URL", EMBEDDED_REDIS_URL)
if not (REDIS_URL.startswith("unix://") or environment.is_address(REDIS_URL, "redis", "rediss")):
    ENVIRONMENT_PROBLEMS.append(
        "REDIS_URL cannot be used: write redis://host:6379/0 or unix:///path/to/redis.sock "
        "(leave it out for the embedded one)."
    )
    REDIS_URL = EMBEDDED_REDIS_URL
IS_REDIS_EMBEDDED = REDIS_URL == EMBEDDED_REDIS_URL

# --- the cache -----------------------------------------------------------------------------------

# In the memory of each process, on purpose: docs/decisions/0019-cache-in-each-process.md. Only the
# console's figures are cached, for 3 and 5 seconds.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 300},
    }
}

# --- the gateway -------------------------------------------------------------------------------

QQ_GATEWAY_URL = _given(environment.read, "QQ_GATEWAY_URL", "http://127.0.0.1:8765/")
if not environment.is_address(QQ_GATEWAY_URL, "http", "https"):
    ENVIRONMENT_PROBLEMS.append(
        "QQ_GATEWAY_URL cannot be used: write http://host:port/ with the gateway's address."
    )
#: Seconds for which the gateway drops a repeated SEQ. Older attempts are not repeated.
QQ_GATEWAY_REPLAY_WINDOW = _given(environment.read_number, "QQ_GATEWAY_REPLAY_WINDOW", 600.0)
#: Whether the gateway is trusted to drop a repeated SEQ at all.
QQ_GATEWAY_TRUSTS_SEQ = _given(environment.read_bool, "QQ_GATEWAY_TRUSTS_SEQ", True)
#: Limit for all accounts of the gateway together, messages per second; 0 means no limit.
QQ_GATEWAY_PER_SECOND = _given(environment.read_number, "QQ_GATEWAY_PER_SECOND", 0.0)
#: The most logins and logouts of a worker process, per second on average; 0 means no limit.
QQ_LOGINS_PER_SECOND = _given(environment.read_number, "QQ_LOGINS_PER_SECOND", 250.0)
#: Consecutive failures of one account after which it is quarantined.
QQ_BREAKER_ACCOUNT = _given(environment.read_count, "QQ_BREAKER_ACCOUNT", 10)
#: Number of latest messages that a run looks at: if half of them or more failed, it stops itself.
QQ_BREAKER_RUN = _given(environment.read_count, "QQ_BREAKER_RUN", 40)
QQ_CONNECT_TIMEOUT = _given(environment.read_seconds, "QQ_CONNECT_TIMEOUT", 5.0)
#: Longer than the longest penalty of the protocol (30 s): a delayed answer is not a lost one.
QQ_READ_TIMEOUT = _given(environment.read_seconds, "QQ_READ_TIMEOUT", 45.0)
#: Whether accounts that are logged in poll their inbox.
QQ_INBOX = _given(environment.read_bool, "QQ_INBOX", True)
#: How often the friend list of an account that is logged in is read, hours; 0: only on demand.
QQ_FRIEND_LIST_HOURS = _given(environment.read_number, "QQ_FRIEND_LIST_HOURS", 24.0)
#: How often it asks which friends are online, hours; 0: only on demand.
QQ_PRESENCE_HOURS = _given(environment.read_number, "QQ_PRESENCE_HOURS", 6.0)
#: The most profiles that an account fetches by itself in a day; 0: none.
QQ_PROFILES_PER_DAY = int(_given(environment.read_number, "QQ_PROFILES_PER_DAY", 20.0))
#: The most friendships that operators make or end by an account in a day; 0: none.
QQ_FRIEND_CHANGES_PER_DAY = int(_given(environment.read_number, "QQ_FRIEND_CHANGES_PER_DAY", 10.0))
#: An account that loses more friends in a day is shown on the front page.
QQ_FRIENDS_LOST_PER_DAY = _given(environment.read_count, "QQ_FRIENDS_LOST_PER_DAY", 10)
#: Maximum length of a message in characters; the protocol names no limit (docs/cli.md).
LONGEST_TEXT = _given(environment.read_count, "LONGEST_TEXT", 4000)

#: A message from a person counts as an answer for so many days after the message to them.
REPLY_WITHIN_DAYS = _given(environment.read_number, "REPLY_WITHIN_DAYS", 7.0)
#: The most messages to a person in some days, as "2/7d", for campaigns without a limit of their
#: own; empty: no limit.
FREQUENCY_CAP = _given(environment.read_cap, "FREQUENCY_CAP", "")

EGRESS_NAME = _given(environment.read, "EGRESS_NAME", "default")
EGRESS_SOURCE_ADDRESS = _given(environment.read, "EGRESS_SOURCE_ADDRESS", "") or None
EGRESS_PROXY = _given(environment.read, "EGRESS_PROXY", "") or None

# --- retention -----------------------------------------------------------------------------------

globals().update(_given(read_retention, "RETENTION", DEFAULTS))

# --- the HTTP API ------------------------------------------------------------------------------

#: The most requests of a token in a minute; 0: no limit.
API_REQUESTS_PER_MINUTE = int(
    _given(environment.read_number, "API_REQUESTS_PER_MINUTE", REQUESTS_PER_MINUTE)
)
#: The most bytes of a file that is sent to the API.
API_LARGEST_UPLOAD = _given(environment.read_count, "API_LARGEST_UPLOAD", LARGEST_UPLOAD)

# --- notifications -----------------------------------------------------------------------------

_email = _given(read_email, "EMAIL_URL", Email())
EMAIL_IS_ON = bool(_email.host)
EMAIL_FROM = DEFAULT_FROM_EMAIL = _email.sender
EMAIL_HOST, EMAIL_PORT = _email.host, _email.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email.user, _email.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _email.uses_starttls, _email.uses_tls
#: Whether a webhook may lead to an address that is not on the Internet.
WEBHOOK_ALLOW_PRIVATE = _given(environment.read_bool, "WEBHOOK_ALLOW_PRIVATE", False)
#: The token that reads /metrics; empty: administrators alone read them.
METRICS_TOKEN = _given(environment.read, "METRICS_TOKEN", "")
#: json: log lines are JSON.
LOG_FORMAT = read_log_format(ENVIRONMENT_PROBLEMS)
#: The collector of traces; empty: there are none.
OTEL_EXPORTER_OTLP_ENDPOINT = read_collector(ENVIRONMENT_PROBLEMS)
#: The console's own URL, for links in notifications; empty: they have none.
CONSOLE_URL = _given(environment.read, "CONSOLE_URL", "")
if CONSOLE_URL and not environment.is_address(CONSOLE_URL, "http", "https"):
    ENVIRONMENT_PROBLEMS.append("CONSOLE_URL cannot be used: write https://host/, or leave it out.")
    CONSOLE_URL = ""

# --- the audit trail ---------------------------------------------------------------------------

#: Days for which entries of the audit trail are kept.
AUDIT_KEEP_DAYS = _given(environment.read_count, "AUDIT_KEEP_DAYS", 400)
#: How many proxies of our own stand before the console; their X-Forwarded-For is believed.
TRUSTED_PROXIES = int(_given(environment.read_number, "TRUSTED_PROXIES", 0.0))

# --- Celery ------------------------------------------------------------------------------------

CELERY_BROKER_URL = environment.broker_url(REDIS_URL)
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_EAGER_RESULT = False
CELERY_TASK_DEFAULT_QUEUE = "jobs"
# Early acknowledgement: the database owns the work, so a lost or repeated task does no harm.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    "retry_on_timeout": True,
    # Gives up a dead connection after 10 seconds (by default after 51).
    "health_check_interval": 4,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "qqcampaign.beat.MonotonicScheduler"
CELERY_BEAT_SCHEDULE = PERIODIC_TASKS

# --- Django ------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.simple_history",
    "qqcampaign",
    "qqcampaign.console",
    "django.contrib.admin.apps.SimpleAdminConfig",  # qqcampaign.urls finds the pages: see there
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "simple_history",
    "clocks",
    "audit",
    "holds",
    "retention",
    "metrics",
    "labels",
    "webhooks",
    "accounts",
    "contacts",
    "sending",
    "campaigns",
    "conversations",
    "users",
    "operations",
    "api",
    "restrictions",
    "signin",
]
MIDDLEWARE = [
    "qqcampaign.web.measured.Measured",
    "django.middleware.security.SecurityMiddleware",
    "qqcampaign.web.headers.PageHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "foundation.admin.form_encoding.OnlyUtf8",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "qqcampaign.web.upload_pass.UploadPass",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "audit.middleware.Acting",
    "django.contrib.messages.middleware.MessageMiddleware",
    "signin.middleware.SessionLimits",
    "signin.middleware.SecondFactor",
    "restrictions.middleware.OnlyOpenPages",
    "foundation.admin.lost_session.LostSession",
    "foundation.admin.upload_redirect.UploadRedirect",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]
ROOT_URLCONF = "qqcampaign.urls"
WSGI_APPLICATION = "qqcampaign.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "foundation.admin.form_owner.form_owner",
                "signin.oidc.context.oidc",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "signin.own_name.OwnNameValidator"},
]

AUTHENTICATION_BACKENDS = ["signin.backend.LockoutBackend"]
_SIGN_IN = read_sign_in(ENVIRONMENT_PROBLEMS)
#: A session ends after so many hours, and after so many minutes without use.
SESSION_HOURS, SESSION_IDLE_MINUTES = _SIGN_IN.hours, _SIGN_IN.idle_minutes
SESSION_COOKIE_AGE = int(SESSION_HOURS * 3600)
#: The roles whose users need a second factor.
REQUIRE_SECOND_FACTOR = _SIGN_IN.second_factor
#: Single sign-on; None: without.
OIDC: Any = read_oidc(ENVIRONMENT_PROBLEMS)

# A login that was not redirected from another page leads to the overview.
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "qqcampaign.console.formats"
TIME_ZONE = _given(environment.read_time_zone, "TIME_ZONE", "Asia/Shanghai")
USE_TZ = True

STATIC_URL = f"static/{static_fingerprint(BASE_DIR)}/"
STATIC_ROOT = Path(_given(environment.read, "STATIC_ROOT", str(BASE_DIR / "staticfiles")))
# The embedded stack serves files directly from the packages; an image has run collectstatic.
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "admin").is_dir()
WHITENOISE_AUTOREFRESH = DEBUG
# Their addresses change with them.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^(?!)" if DEBUG else r""
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
#: Bytes: one upload, those of a user at a time, all at a time (qqcampaign/web/admission.py).
UPLOAD_LIMITS = upload_limits(ENVIRONMENT_PROBLEMS)

# Behind a proxy with HTTPS (as in docker-compose.yml), cookies and redirects are restricted.
IS_BEHIND_HTTPS = _given(environment.read_bool, "BEHIND_HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_BEHIND_HTTPS
SECURE_SSL_REDIRECT = IS_BEHIND_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_BEHIND_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_BEHIND_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_BEHIND_HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^health/"]
# Django has four warnings about missing HTTPS; `check_https` replaces them by one.
SILENCED_SYSTEM_CHECKS = (
    [] if IS_BEHIND_HTTPS else ["security.W004", "security.W008", "security.W012", "security.W016"]
)
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "qqcampaign_session"
CSRF_COOKIE_NAME = "qqcampaign_csrf"
CSRF_FAILURE_VIEW = "foundation.admin.lost_session.stale_form"

LOGGING = logging_config(LOG_FORMAT)
if LOG_FORMAT == "json":
    logging.captureWarnings(True)  # else they are written to stderr as two lines of text

IMPORT_EXPORT_USE_TRANSACTIONS = True
SIMPLE_HISTORY_ENABLED = True
