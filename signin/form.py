"""The form to sign in, which says when signing in is locked."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import ngettext
from unfold.forms import AuthenticationForm

from signin.backend import address_of
from signin.lockout import locked_until


class SignInForm(AuthenticationForm):
    """Name and password."""

    def get_invalid_login_error(self) -> ValidationError:
        """Return the sentence: wrong, or locked and for how long."""
        name = self.cleaned_data.get("username", "")
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
