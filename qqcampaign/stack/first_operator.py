"""Creates the first operator at the first start, with a random password."""

from __future__ import annotations

import os
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from users.keep import new_password

FIRST_OPERATOR = "operator"


def first_login(home: Path) -> str:
    """Return a text that says how to log in; create the first operator if there is no superuser.

    The login is stored in home/operator_login with mode 0600. Later starts print it again as long
    as the password is still valid.

    Raises:
        OSError: the file cannot be written. No operator has been created.
    """
    kept = home / "operator_login"
    operators = get_user_model().objects.filter(is_superuser=True, is_active=True)
    if not operators.exists():
        password = new_password()
        _keep(kept, f"{FIRST_OPERATOR}\n{password}\n")
        _make_operator(password)
        return _login(FIRST_OPERATOR, password)
    if kept.is_file():
        name, _blank, password = kept.read_text(encoding="utf-8").strip().partition("\n")
        user = operators.filter(username=name).first()
        if user is not None and user.check_password(password):
            return _login(name, password)
    return _("an existing operator (`manage.py changepassword NAME` sets a new password)")


def _make_operator(password: str) -> None:
    users = get_user_model().objects
    if users.filter(username=FIRST_OPERATOR).exists():  # it exists, but is inactive or no superuser
        user: User = users.get(username=FIRST_OPERATOR)
        user.is_superuser = user.is_staff = user.is_active = True
        user.set_password(password)
        user.save()
    else:
        users.create_superuser(FIRST_OPERATOR, email="", password=password)


def _login(name: str, password: str) -> str:
    return _("%(name)s, password %(password)s") % {"name": name, "password": password}


def _keep(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
