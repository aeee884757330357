"""A rule for passwords: a user's name, repeated or with a little added, is none."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: Characters that have to be left when the name is taken out of the password.
LEFT = 8
#: Shorter names are found in many good passwords.
SHORTEST_NAME = 3


class OwnNameValidator:
    """Refuses passwords that are little more than the user's name.

    Django measures how alike the two are. A name written twice is less than 70 % like itself.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError if too little is left without the name."""
        name = user.get_username().casefold() if user is not None else ""
        if len(name) < SHORTEST_NAME or name not in password.casefold():
            return
        if len(password.casefold().replace(name, "")) < LEFT:
            raise ValidationError(
                _("The password is little more than the user's name."), code="password_own_name"
            )

    def get_help_text(self) -> str:
        """Return the rule, for the forms that show all of them."""
        return _("Your password can’t be your name with little added to it.")
