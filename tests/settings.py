"""The settings of the tests: the product's own, with a temporary home for each process.

DATABASE_URL chooses the database, as everywhere; without it, SQLite in a file (WAL, as embedded).
"""

import os
import tempfile

os.environ["QQCAMPAIGN_HOME"] = tempfile.mkdtemp(prefix="qqtest-")
for _name in ("REDIS_URL", "QQ_GATEWAY_URL", "EGRESS_NAME", "EGRESS_SOURCE_ADDRESS", "DEBUG"):
    os.environ.pop(_name, None)  # the tests flush Redis, so it must be their own

from qqcampaign.settings import *  # noqa: E402, F403

# Hashing a password is slow on purpose; the tests make users by the dozen.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Each client of a test loads the middleware: files are found when they are asked for, not listed.
WHITENOISE_AUTOREFRESH = True
# A test is one transaction, and a busy machine may let its process wait for longer than any host
# of the product would: that is no lost network.
if "postgresql" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    _options = DATABASES["default"]["OPTIONS"]  # noqa: F405
    DATABASES["default"]["OPTIONS"] = {  # noqa: F405
        **_options,
        "options": f"{_options['options']} -c idle_in_transaction_session_timeout=5min",
    }
# The tests kill processes, not machines: SQLite need not wait for the disk.
if "sqlite" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"  # noqa: F405
