"""The list of users, and the form of one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm

from foundation.admin import GuardedAdmin
from users.admin.user_form import SUPERUSER, NewUserForm, UserForm
from users.keep import role_name, role_of_user, set_role
from users.rights import may_change, may_give_group
from users.role_groups import group_of
from users.roles import BY_KEY

admin.site.unregister(User)


@admin.register(User)
class UserAdmin(BaseUserAdmin, GuardedAdmin):  # type: ignore[misc, type-arg]
    """Users. Nobody gives more than they have, or changes who may do more: see `users.rights`."""

    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "shown_role", "email", "last_login", "shown_active"]
    list_filter = ["is_active", "groups"]
    search_fields = ["username", "email"]
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "role", "email", "is_active"]}),
        (_("Name"), {"fields": ["first_name", "last_name"], "classes": ["collapse"]}),
        (_("Further groups"), {"fields": ["groups"], "classes": ["collapse"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"], "classes": ["collapse"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "role", "email", "password1", "password2"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return the users with their groups."""
        found: QuerySet[User] = super().get_queryset(request)
        return found.prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Return whether the operator may change users, or this one."""
        is_allowed = super().has_change_permission(request, obj)
        return bool(is_allowed and (obj is None or _may_change(request, obj)))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Return whether the operator may delete users, or this one; nobody deletes themselves."""
        is_allowed = super().has_delete_permission(request, obj)
        if obj is None or not is_allowed:
            return bool(is_allowed)
        return obj.pk != request.user.pk and _may_change(request, obj)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form, which knows who fills it in."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"editor": request.user})

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer only groups that the operator may give."""
        if db_field.name == "groups":
            groups = Group.objects.exclude(name__in=BY_KEY)
            offered = [one.pk for one in groups if may_give_group(request.user, one)]  # type: ignore[arg-type]
            kwargs["queryset"] = groups.filter(pk__in=offered)
            kwargs["label"] = _("further groups")
            kwargs["help_text"] = _("Groups of your own, which give further permissions.")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save a user, who may sign in to the console."""
        role = form.cleaned_data.get("role")
        obj.is_staff = True
        if role is not None:
            obj.is_superuser = role == SUPERUSER
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the further groups, and the role after them: the form holds no role's group."""
        user, role = form.instance, form.cleaned_data.get("role")
        now = role_name(user)
        super().save_related(request, form, formsets, change)
        wanted = now if role is None else role
        if wanted in BY_KEY and wanted != now:
            set_role(user, BY_KEY[wanted])
        elif wanted in BY_KEY:
            user.groups.add(group_of(BY_KEY[wanted]))

    @display(description=_("role"))
    def shown_role(self, user: User) -> Any:
        """Return the user's role, in words."""
        if user.is_superuser:
            return _("Superuser")
        role = role_of_user(user)
        if role is not None:
            return role.label
        return ", ".join(sorted(group.name for group in user.groups.all())) or None

    @display(description=_("may sign in"), boolean=True, ordering="is_active")
    def shown_active(self, user: User) -> bool:
        """Return whether the user may sign in."""
        return user.is_active


def _may_change(request: HttpRequest, user: User) -> bool:
    return may_change(request.user, user)  # type: ignore[arg-type]
