"""Pages that clone a campaign, download its definition, and upload one."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from campaigns.admin.page_urls import campaign_url
from campaigns.definitions.clone import clone_campaign, free_name
from campaigns.definitions.document import LARGEST
from campaigns.definitions.export import export_definition
from campaigns.definitions.import_file import import_definition
from campaigns.models import Campaign
from foundation.acts import take_out
from foundation.admin import confirmation, require
from foundation.name_form_field import NameFormField
from foundation.names import LONGEST_NAME
from foundation.refusals import Refusal


class CloneForm(forms.Form):
    """The name of the new campaign."""

    name = NameFormField(
        label=gettext_lazy("Name of the new campaign"),
        max_length=LONGEST_NAME,
        widget=UnfoldAdminTextInputWidget,
    )


class DefinitionForm(forms.Form):
    """A definition file, and a name in place of the one in it."""

    file = forms.FileField(
        label=gettext_lazy("Definition file"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".yaml,.yml"}),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("The file is empty. Choose another one."),
        },
    )
    name = NameFormField(
        label=gettext_lazy("Name of the new campaign"),
        required=False,
        max_length=LONGEST_NAME,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Empty: the name in the file."),
    )


class CampaignDefinition:
    """Mixin of CampaignAdmin: clone, download and upload of a definition."""

    def clone_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask for the name of a clone (GET), or create it (POST)."""
        require(self.has_add_permission(request))  # type: ignore[attr-defined]
        campaign, _run = self._find(request, object_id)  # type: ignore[attr-defined]
        form = CloneForm(request.POST or None, initial={"name": free_name(campaign.name)})
        if request.method == "POST" and form.is_valid():
            try:
                name = form.cleaned_data["name"]
                copy = clone_campaign(campaign=campaign, name=name, by=request.user)
            except Refusal as refusal:
                form.add_error("name", refusal.sentence)
            else:
                messages.success(request, _("Campaign “%(name)s” was created.") % {"name": copy})
                return HttpResponseRedirect(campaign_url(copy))
        return confirmation(
            request,
            self,
            title=_("Clone “%(name)s”?") % {"name": campaign},
            sentences=[
                _(
                    "The new campaign has the same definition. It has no runs, its schedule is not "
                    "started, and nothing is sent until it is started."
                )
            ],
            verb=_("Clone"),
            back=campaign_url(campaign),
            form=form,
        )

    def definition_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Send the definition as a YAML file."""
        campaign, _run = self._find(request, object_id)  # type: ignore[attr-defined]
        try:
            written = export_definition(campaign)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return HttpResponseRedirect(campaign_url(campaign))
        take_out(what=campaign._meta.label_lower, about=campaign, format="yaml")
        response = HttpResponse(written, content_type="application/yaml; charset=utf-8")
        name = quote(f"{campaign.name}.yaml")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        return response

    def has_definition_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may create a campaign from a file."""
        return bool(self.has_add_permission(request))  # type: ignore[attr-defined]

    @action(
        description=gettext_lazy("Import a definition"),
        url_path="to-definition",
        icon="upload_file",
        permissions=["definition"],
    )
    def to_definition(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the upload."""
        return redirect("admin:campaigns_campaign_import")

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form (GET), or create the campaign of a file (POST)."""
        require(self.has_definition_permission(request))
        form = DefinitionForm(request.POST or None, request.FILES or None)
        problems: list[str] = []
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data["file"].read(LARGEST + 1)
            try:
                campaign = import_definition(
                    data=data, name=form.cleaned_data["name"] or None, by=request.user
                )
            except Refusal as refusal:
                problems = refusal.sentence.splitlines()
            else:
                messages.success(
                    request, _("Campaign “%(name)s” was created.") % {"name": campaign}
                )
                return HttpResponseRedirect(campaign_url(campaign))
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Campaign._meta,
            "title": _("Import a definition"),
            "form": form,
            "problems": problems,
            "back": reverse("admin:campaigns_campaign_changelist"),
        }
        return TemplateResponse(request, "console/campaign/import.html", context)
