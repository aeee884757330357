"""The list of attributes, and the page of one: its type, unreadable values, and merging it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from contacts.admin.type_choices import TYPE_CHOICES
from contacts.models import Attribute
from contacts.people.attribute_page import attribute_page
from contacts.people.attribute_types import set_attribute_types
from contacts.people.merge_attributes import merge_attributes
from contacts.tasks import wake_attribute_work
from contacts.typed_values.types import type_named
from foundation.admin import ConsoleAdmin, confirmation, require
from foundation.display import EMPTY
from foundation.refusals import Refusal
from foundation.sentences import Sentence
from texts.rendering import spelled_variable


class AttributeForm(forms.ModelForm):
    """The type of an attribute."""

    value_type = forms.ChoiceField(
        label=_("Type"),
        choices=TYPE_CHOICES,
        widget=UnfoldAdminSelectWidget,
        help_text=_(
            "How segments and texts compare the values. What people wrote stays as it is; after a "
            "change it is read again in the background."
        ),
    )

    class Meta:
        model = Attribute
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "value_type" in self.fields:  # it is missing for users who may only view
            self.initial["value_type"] = str(self.instance.value_type) or "text"


class MergeForm(forms.Form):
    """The attribute to merge into, and which value is kept if a person has both."""

    into = forms.ModelChoiceField(
        label=_("Merge into"), queryset=Attribute.objects.none(), widget=UnfoldAdminSelectWidget
    )
    keep = forms.ChoiceField(
        label=_("Of people who have both, keep the value of"),
        choices=[("target", _("the attribute that stays")), ("source", _("this attribute"))],
        initial="target",
        widget=UnfoldAdminRadioSelectWidget,
    )

    def __init__(self, source: Attribute, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Attribute.objects.exclude(pk=source.pk)
        field: Any = self.fields["into"]
        field.queryset = others
        self.initial["into"] = others.filter(key=source.key).first()


@admin.register(Attribute)
class AttributeAdmin(ConsoleAdmin):
    """Attributes: recorded by imports and forms, never added or deleted by hand."""

    list_display = ["name", "shown_type", "in_texts", "shown_unread", "in_lists", "state"]
    list_filter_submit = False
    search_fields = ["name"]
    ordering = ["key", "name"]
    form = AttributeForm
    fields = ["value_type"]
    change_form_outer_before_template = "console/people/attribute.html"
    empty_sentence = _(
        "Attributes are what you know of people besides their name: every further column of an "
        "imported file, and every line in a contact's form."
    )
    empty_step = (_("Import contacts"), "admin:contacts_contactimport_upload")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: imports and forms record attributes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: an attribute is merged into another one instead."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attribute]:
        """Return the attributes with the number of their lists and of those that look alike."""
        rows = super().get_queryset(request).select_related("merging_into")
        return rows.annotate(lists=Count("uses__contact_list"))

    def get_urls(self) -> list[URLPattern]:
        """Add the URL of merging."""
        merge = self.admin_site.admin_view(self.merge_view)
        address = "<int:object_id>/merge/"
        return [path(address, merge, name="contacts_attribute_merge"), *super().get_urls()]

    def page_context(self, request: HttpRequest, obj: Attribute) -> dict[str, Any]:
        """Return what is known of the attribute, which the page shows above the form."""
        return {
            "page": attribute_page(obj),
            "variable": _variable(obj),
            "may_change": self.has_change_permission(request, obj),
        }

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Change the type by the service, and wake a worker that reads the values again."""
        value_type = type_named(form.cleaned_data["value_type"])
        for pk in set_attribute_types({obj.name: value_type}):
            wake_attribute_work(pk)
            messages.info(request, gettext("The values are being read again."))

    def merge_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask what to merge into (GET), or begin to merge (POST)."""
        require(self.has_change_permission(request))
        source = Attribute.objects.filter(pk=object_id).first()
        if source is None:
            raise Http404
        back = reverse("admin:contacts_attribute_change", args=[source.pk])
        form = MergeForm(source, request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                return self._merge(request, source, form.cleaned_data)
            except Refusal as refusal:
                messages.error(request, refusal.sentence)
                return HttpResponseRedirect(back)
        return confirmation(
            request,
            self,
            title=gettext("Merge the attribute %(name)s?") % {"name": source},
            sentences=[
                gettext("The values move to the other attribute, and this one is removed."),
                gettext("Segments that name this attribute name the other one afterwards."),
                gettext("Texts are not changed: correct those that use %(variable)s.")
                % {"variable": _variable(source)},
                gettext("It runs in the background and cannot be undone."),
            ],
            verb=gettext("Merge"),
            back=back,
            is_dangerous=True,
            form=form,
        )

    def _merge(self, request: HttpRequest, source: Attribute, data: dict[str, Any]) -> HttpResponse:
        into, is_target_kept = data["into"], data["keep"] == "target"
        merge_attributes(source=source, into=into, is_target_kept=is_target_kept)
        message = (
            Sentence("Merged into %(into)s; of both values, that of %(into)s is kept.")
            if is_target_kept
            else Sentence("Merged into %(into)s; of both values, that of %(source)s is kept.")
        )
        self.log_change(request, source, message % {"into": into.name, "source": source.name})
        wake_attribute_work(source.pk)
        messages.success(
            request,
            gettext("%(source)s is being merged into %(into)s.") % {"source": source, "into": into},
        )
        return HttpResponseRedirect(reverse("admin:contacts_attribute_changelist"))

    @display(description=_("type"), ordering="kind")
    def shown_type(self, attribute: Attribute) -> Any:
        """Return the type."""
        words = str(attribute.value_type) or "text"
        return dict(TYPE_CHOICES).get(words, words)

    @display(description=_("in texts"))
    def in_texts(self, attribute: Attribute) -> str:
        """Return how a text names the attribute."""
        return _variable(attribute)

    @display(description=_("unreadable values"), ordering="unread")
    def shown_unread(self, attribute: Attribute) -> str:
        """Return how many values cannot be read as the type."""
        return number_format(attribute.unread, force_grouping=True) if attribute.unread else EMPTY

    @display(description=_("lists"), ordering="lists")
    def in_lists(self, attribute: Any) -> Any:
        """Return in how many lists people have it."""
        return attribute.lists or EMPTY

    @display(description=_("state"))
    def state(self, attribute: Attribute) -> str:
        """Return what is being done with it, or that others look alike."""
        if attribute.merging_into is not None:
            return gettext("being merged into %(into)s") % {"into": attribute.merging_into}
        if attribute.read_up_to is not None:
            return gettext("being read again")
        is_alike = Attribute.objects.filter(key=attribute.key).exclude(pk=attribute.pk).exists()
        return gettext("another one looks alike") if is_alike else EMPTY


def _variable(attribute: Attribute) -> str:
    return f"{{{{ {spelled_variable(attribute.name)} }}}}"
