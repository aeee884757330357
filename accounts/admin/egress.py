"""The list of egresses with their workers and accounts, and the form of one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from accounts.change_proxy import change_proxy
from accounts.models import Account, Egress, Lease, Worker
from foundation.admin import ConsoleAdmin, NamedMixin, confirmation, require
from foundation.admin.plain_numbers import shown_number
from foundation.display import EMPTY
from foundation.refusals import Refusal


class ProxyForm(forms.Form):
    """A new proxy, and the password of the operator who changes it."""

    proxy = forms.CharField(
        label=capfirst(_("new proxy")),
        required=False,
        max_length=255,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=_("http://host:port or socks5://host:port; empty: no proxy."),
    )
    password = forms.CharField(
        label=capfirst(_("your own password")),
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(*args)
        self._request = request

    def clean_password(self) -> str:
        """Refuse anyone but the operator who is signed in."""
        password = str(self.cleaned_data["password"])
        name = self._request.user.get_username()
        if authenticate(self._request, username=name, password=password) != self._request.user:
            raise ValidationError(gettext("This is not your password."))
        return password


@admin.register(Egress)
class EgressAdmin(NamedMixin, ConsoleAdmin):
    """Egresses. A worker announces its egress at its start; an operator may limit it here."""

    list_display = ["name", "life", "address", "rate", "bound", "pinned", "is_enabled"]
    list_filter = ["is_enabled"]
    search_fields = ["name", "source_address"]
    fields = ["name", "source_address", "shown_proxy", "per_second", "is_enabled"]
    readonly_fields = ["shown_proxy"]
    empty_sentence = _(
        "A worker announces its egress when it starts. Start one with `manage.py up`, or name an "
        "egress here first to pin accounts to it."
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the page on which the proxy is changed."""
        view = self.admin_site.admin_view(self.proxy_view)
        name = "accounts_egress_proxy"
        return [path("<path:object_id>/proxy/", view, name=name), *super().get_urls()]

    def proxy_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a new proxy and the operator's own password, and change it."""
        require(self.has_change_permission(request))
        egress = self.get_object(request, object_id)
        if egress is None:
            raise Http404
        form = ProxyForm(request, request.POST or None)
        back = reverse("admin:accounts_egress_change", args=[egress.pk])
        if request.method == "POST" and form.is_valid():
            try:
                if change_proxy(egress, form.cleaned_data["proxy"]):
                    self.log_change(request, egress, [{"changed": {"fields": [gettext("proxy")]}}])
                self.message_user(request, gettext("The proxy is changed."))
                return HttpResponseRedirect(back)
            except Refusal as refusal:
                form.add_error("proxy", refusal.sentence)
        return confirmation(
            request,
            self,
            title=gettext("Change the proxy of “%(name)s”") % {"name": egress.name},
            sentences=[
                gettext("The proxy now: %(proxy)s.") % {"proxy": egress.shown_proxy or EMPTY},
                gettext(
                    "Whoever controls the proxy can read the logins of all accounts of this egress."
                ),
            ],
            verb=gettext("Change the proxy"),
            back=back,
            is_dangerous=True,
            form=form,
        )

    @display(description=_("proxy"))
    def shown_proxy(self, egress: Egress) -> Any:
        """Return the proxy, its login masked, and a link to change it."""
        if egress.pk is None:
            return _("Save the egress first, then change its proxy.")
        address = reverse("admin:accounts_egress_proxy", args=[egress.pk])
        return format_html(
            '{} <a class="q-link" href="{}">{}</a>',
            egress.shown_proxy or EMPTY,
            address,
            _("change"),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Egress]:
        """Return the egresses with the numbers of living workers, bound and pinned accounts."""
        leases = Lease.objects.filter(egress=OuterRef("pk")).order_by().values("egress")
        pinned = Account.objects.filter(egress=OuterRef("pk")).order_by().values("egress")
        return (
            super()
            .get_queryset(request)
            .annotate(
                living=Count("workers", filter=Q(workers__in=Worker.objects.living())),
                bound_count=Subquery(leases.annotate(n=Count("pk")).values("n")),
                pinned_count=Subquery(pinned.annotate(n=Count("pk")).values("n")),
            )
        )

    @display(description=_("worker"), label={"yes": "success", "no": "danger"})
    def life(self, egress: Any) -> tuple[str, Any]:
        """Return whether the egress has a living worker."""
        return ("yes", _("living")) if egress.living else ("no", _("none"))

    @display(description=_("talks from"))
    def address(self, egress: Egress) -> Any:
        """Return the proxy or the source address."""
        return egress.shown_proxy or egress.source_address or _("the host's own address")

    @display(description=_("messages a second"), ordering="per_second")
    def rate(self, egress: Egress) -> str:
        """Return the ceiling."""
        return EMPTY if egress.per_second is None else shown_number(egress.per_second)

    @display(description=_("accounts now"), ordering="bound_count")
    def bound(self, egress: Any) -> int:
        """Return the number of accounts that are bound to the egress now."""
        return egress.bound_count or 0

    @display(description=_("pinned accounts"), ordering="pinned_count")
    def pinned(self, egress: Any) -> int:
        """Return the number of accounts that are pinned to the egress."""
        return egress.pinned_count or 0
