"""API tokens: one's own for everybody, those of all users for who may change them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from api.models import Token
from api.tokens.issue import issue_token, revoke_token
from foundation.admin import ConsoleAdmin
from foundation.refusals import Refusal

ALL = "api.change_token"
LOG = "api.view_apirequest"


class TokenForm(forms.ModelForm):
    """What a new token is for, what it may do, and when it ends."""

    expires = forms.CharField(
        label=capfirst(gettext_lazy("ends after")),
        required=False,
        max_length=10,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Such as 90d or 12h. Empty: it does not end."),
    )
    user: Any = None

    class Meta:
        model = Token
        fields = ["name", "scope"]

    def clean(self) -> dict[str, Any]:
        """Issue the token: what cannot be is said on the form."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors or self.instance.pk is not None:
            return cleaned
        try:
            self.instance, self.secret = issue_token(
                user=self.user,
                name=cleaned["name"],
                scope=cleaned["scope"],
                expires=cleaned.get("expires") or None,
            )
        except Refusal as refusal:
            field = "expires" if refusal.code.startswith("expires") else "name"
            self.add_error(field, refusal.sentence)
        return cleaned


@admin.register(Token)
class TokenAdmin(ConsoleAdmin):
    """Tokens by which programs use the API."""

    form = TokenForm
    list_display = [
        *("name", "user", "scope", "start", "expires_at", "last_used_at", "revoked_at"),
    ]
    list_filter = ["scope"]
    search_fields = ["name", "user__username"]
    actions = ["revoke"]
    fields = ["name", "scope", "expires"]
    #: What a token's page shows: a token that was issued is never changed.
    shown = [
        ("name", "scope"),
        ("user", "start"),
        ("created_at", "expires_at"),
        ("last_used_at", "revoked_at"),
    ]
    empty_sentence = gettext_lazy(
        "A token lets a program use the HTTP API as you, within a scope. It is shown once."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        """Return one's own tokens, or all for who may change them."""
        rows: QuerySet[Token] = super().get_queryset(request).select_related("user")
        return rows if request.user.has_perm(ALL) else rows.filter(user=request.user.pk)

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """Return the columns; who may see the log of requests gets a link to it."""
        columns = list(super().get_list_display(request))
        return [*columns, "requests"] if request.user.has_perm(LOG) else columns

    @display(description=gettext_lazy("requests"))
    def requests(self, token: Token) -> str:
        """A link to what was asked for with the token."""
        address = f"{reverse('admin:api_apirequest_changelist')}?token__id__exact={token.pk}"
        return format_html('<a class="q-link" href="{}">{}</a>', address, _("show"))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form of the user who asks."""
        made = super().get_form(request, obj, change, **kwargs)
        return type("OwnTokenForm", (made,), {"user": request.user})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields of the form of a new token, or what is known of one."""
        return self.fields if obj is None else self.shown

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Show the token: the form has issued it."""
        obj.pk = form.instance.pk
        messages.warning(
            request,
            _("The token is %(token)s. Copy it now: it is not shown again.")
            % {"token": form.secret},
        )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A token is revoked, and never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=gettext_lazy("Revoke the selected tokens"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        """Revoke them; one's own, or any for who may change them."""
        n = sum(revoke_token(token=token) for token in queryset)
        messages.success(request, _("Tokens revoked: %(n)d") % {"n": n})
