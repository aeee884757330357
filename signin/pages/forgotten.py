"""The pages on which a forgotten password is replaced, by a link in an e-mail."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm, SetPasswordForm
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signin.backend import address_of
from signin.lockout import may_mail

_INPUT = (
    "q-input w-full border border-base-200 rounded-default px-3 py-2 "
    "dark:border-base-700 dark:bg-base-900"
)
_TEMPLATE = "console/signin/forgotten.html"


class AskForm(PasswordResetForm):
    """The address to which the link is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Your e-mail address")
        self.fields["email"].widget.attrs |= {"class": _INPUT, "autofocus": True}

    def save(self, **options: Any) -> None:  # type: ignore[override]
        """Send the link, to the console's own address; send none after too many of them."""
        if not may_mail(self.cleaned_data["email"], address_of(options["request"])):
            return
        own = urlsplit(settings.CONSOLE_URL or "")
        if own.netloc:  # what a request calls the console is not what operators call it
            options |= {"domain_override": own.netloc, "use_https": own.scheme == "https"}
        super().save(**options)


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """The new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = _INPUT


class _Page:
    """What these pages have in common: the console's look, a sentence and a button."""

    sentence = button = cast(Any, "")
    request: Any

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the template shows."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        shown = {"sentence": self.sentence, "button": self.button}
        return {**admin.site.each_context(self.request), **shown, **context}


class AskView(_Page, views.PasswordResetView):
    """Ask for the address."""

    template_name = _TEMPLATE
    form_class = AskForm
    email_template_name = "console/signin/forgotten_mail.txt"
    subject_template_name = "console/signin/forgotten_subject.txt"
    success_url = reverse_lazy("password_reset_done")
    title = gettext_lazy("Forgotten password")
    sentence = gettext_lazy(
        "Enter the e-mail address that is kept with your user. You get a link by which you set a "
        "new password."
    )
    button = gettext_lazy("Send me the link")


class AskedView(_Page, views.PasswordResetDoneView):
    """Say what comes next. Whether a user has the address is not said."""

    template_name = _TEMPLATE
    title = gettext_lazy("Look into your mailbox")
    sentence = gettext_lazy(
        "If a user has this address, the link is on its way. If nothing arrives within a few "
        "minutes, look among the junk mail, or ask an administrator for a new password."
    )


class NewPasswordView(_Page, views.PasswordResetConfirmView):
    """Ask for the new password."""

    template_name = _TEMPLATE
    form_class = NewPasswordForm
    success_url = reverse_lazy("password_reset_complete")
    title = gettext_lazy("New password")
    button = gettext_lazy("Set the password")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the template shows; a link that was used says so."""
        context = super().get_context_data(**kwargs)
        if not context["validlink"]:
            context["title"] = _("The link is no longer good")
            context["sentence"] = _(
                "It was used already, or is too old. Ask for a new one on the page for signing in."
            )
            context["button"] = ""
        return context


class DoneView(_Page, views.PasswordResetCompleteView):
    """Say that the password is set."""

    template_name = _TEMPLATE
    title = gettext_lazy("The password is set")
    sentence = gettext_lazy("You were signed out everywhere. Log in with the new password.")
