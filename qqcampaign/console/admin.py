"""Admin pages of operators and roles, in the style of Unfold."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from foundation.admin import GuardedAdmin
from foundation.display import EMPTY

admin.site.empty_value_display = EMPTY
admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(BaseUserAdmin, GuardedAdmin):  # type: ignore[misc]
    """Operators."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(BaseGroupAdmin, GuardedAdmin):  # type: ignore[misc]
    """Roles."""

    empty_sentence = _(
        "A role is a set of permissions for several operators, for example view only, or view and "
        "send. A superuser needs no role."
    )
