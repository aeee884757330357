"""The form to sign in, which says when signing in is locked."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.forms import AuthenticationForm

from signin.backend import address_of, may_use_password
from signin.lockout import locked_until


class SignInForm(AuthenticationForm):
    """Name and password."""

    def get_invalid_login_error(self) -> ValidationError:
        """Return the sentence: wrong, locked and for how long, or not used here."""
        name = self.cleaned_data.get("username", "")
        if not may_use_password(name):
            sentence = _("Passwords are not used here. Log in with %(name)s.")
            return ValidationError(sentence % {"name": settings.OIDC.name}, code="no_passwords")
        until = locked_until(name, address_of(self.request)) if self.request else None
        if until is None:
            error: ValidationError = super().get_invalid_login_error()
            return error
        minutes = max(1, round((until - timezone.now()).total_seconds() / 60))
        sentence = ngettext(
            "Too many failures to sign in. Wait %(minutes)d minute, or ask an administrator to "
            "unlock the name.",
            "Too many failures to sign in. Wait %(minutes)d minutes, or ask an administrator to "
            "unlock the name.",
            minutes,
        )
        return ValidationError(sentence % {"minutes": minutes}, code="locked")
