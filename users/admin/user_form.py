"""The forms of a user: one role in place of Django's long list of permissions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminRadioSelectWidget

from users.keep import role_name
from users.rights import may_give
from users.roles import Role

SUPERUSER, OWN = "superuser", ""


class RoleFormMixin(forms.ModelForm):  # type: ignore[type-arg]
    """Adds the choice of a role. The admin sets `editor`: who fills in the form."""

    editor: User

    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        required=False,
        widget=UnfoldAdminRadioSelectWidget,
        help_text=gettext_lazy("Each role may do what the one before it may, and more."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" not in self.fields:  # the page shows the user, without a form
            return
        field: Any = self.fields["role"]
        now = role_name(self.instance) if self.instance.pk else Role.OPERATOR.key
        given = [role for role in Role if may_give(self.editor, role) or role.key == now]
        field.choices = [(role.key, f"{role.label}: {role.sentence}") for role in given]
        if self.editor.is_superuser or now == SUPERUSER:
            field.choices += [(SUPERUSER, _("Superuser: everything, also what no role may"))]
        if now == OWN:
            field.choices = [(OWN, _("None of these: groups of your own")), *field.choices]
        field.initial = now

    def clean_role(self) -> str:
        """Refuse a role that the editor may not give."""
        role = str(self.cleaned_data["role"])
        if not self.instance.pk and role == OWN:
            raise ValidationError(_("Choose a role."))
        return role

    def clean(self) -> dict[str, Any]:
        """Keep people from shutting themselves out."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk and self.instance.pk == self.editor.pk:
            if cleaned.get("is_active") is False:
                self.add_error(
                    "is_active", _("You cannot disable yourself: ask another administrator.")
                )
            if "role" in cleaned and cleaned["role"] != role_name(self.instance):
                self.add_error(
                    "role", _("You cannot change your own role: ask another administrator.")
                )
        return cleaned


class UserForm(RoleFormMixin, UserChangeForm):
    """The form of a user who exists."""


class NewUserForm(RoleFormMixin, UserCreationForm):
    """The form of a new user."""
