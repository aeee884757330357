"""Lists of rows with labels: their badges, a filter, and labels for many rows at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectMultipleWidget

from foundation.acts import mention, say
from foundation.admin import confirmation, require
from foundation.sentences import Sentence
from labels.admin.badges import badges
from labels.labelling import add_labels, remove_labels
from labels.models import Label

#: Rows that one action changes, each with an entry in its history.
MOST_ROWS = 5_000


class LabelsForm(forms.Form):
    """The labels that an action adds or removes."""

    labels = forms.ModelMultipleChoiceField(
        label=_("Labels"),
        queryset=Label.objects.order_by("name"),
        widget=UnfoldAdminSelectMultipleWidget,
    )


class LabelledMixin:
    """Mixed into the admin of a model with the field `labels`."""

    def get_list_display(self, request: HttpRequest) -> Any:
        """Add the badges to the columns."""
        return [*super().get_list_display(request), "label_badges"]  # type: ignore[misc]

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Add the filter by label."""
        return [*super().get_list_filter(request), ("labels", RelatedDropdownFilter)]  # type: ignore[misc]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read the labels of a page of rows at once."""
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return rows.prefetch_related("labels")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer both actions to operators who may change rows."""
        actions: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        if not self.has_change_permission(request) or "_popup" in request.GET:  # type: ignore[attr-defined]
            return actions
        actions["add_labels"] = (LabelledMixin.act_add_labels, "add_labels", _("Add labels"))
        actions["remove_labels"] = (
            LabelledMixin.act_remove_labels,
            "remove_labels",
            _("Remove labels"),
        )
        return actions

    @display(description=_("labels"))
    def label_badges(self, row: Any) -> Any:
        """Return the row's labels as badges."""
        return badges(row.labels.all())

    def act_add_labels(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Put labels on the selected rows."""
        return self._act_on_labels(request, queryset, is_adding=True)

    def act_remove_labels(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Take labels off the selected rows."""
        return self._act_on_labels(request, queryset, is_adding=False)

    def _act_on_labels(
        self, request: HttpRequest, queryset: QuerySet[Any], *, is_adding: bool
    ) -> HttpResponse | None:
        """Ask for the labels, or change the rows once they are chosen."""
        require(self.has_change_permission(request))  # type: ignore[attr-defined]
        rows = list(self.model._base_manager.filter(pk__in=queryset.values("pk"))[: MOST_ROWS + 1])  # type: ignore[attr-defined]
        if len(rows) > MOST_ROWS:
            messages.error(
                request,
                gettext("Select at most %(most)d rows at a time, or filter the list.")
                % {"most": MOST_ROWS},
            )
            return None
        form = LabelsForm(request.POST if request.POST.get("is_confirmed") else None)
        if form.is_valid():
            self._change(request, rows, list(form.cleaned_data["labels"]), is_adding=is_adding)
            return None
        options = self.model._meta  # type: ignore[attr-defined]
        title = (
            ngettext("Add labels to %(n)d row", "Add labels to %(n)d rows", len(rows))
            if is_adding
            else ngettext(
                "Remove labels from %(n)d row", "Remove labels from %(n)d rows", len(rows)
            )
        )
        admin: Any = self
        return confirmation(
            request,
            admin,
            title=title % {"n": len(rows)},
            sentences=[] if Label.objects.exists() else [gettext("There are no labels yet.")],
            verb=gettext("Add labels") if is_adding else gettext("Remove labels"),
            back=reverse(f"admin:{options.app_label}_{options.model_name}_changelist"),
            hidden=[
                ("action", "add_labels" if is_adding else "remove_labels"),
                ("is_confirmed", "1"),
                *((ACTION_CHECKBOX_NAME, row.pk) for row in rows),
            ],
            form=form,
        )

    def _change(
        self, request: HttpRequest, rows: list[Any], labels: list[Label], *, is_adding: bool
    ) -> None:
        names = ", ".join(label.name for label in labels)
        if is_adding:
            changed, said = (
                add_labels(rows=rows, labels=labels),
                Sentence("Labels added: %(names)s."),
            )
        else:
            changed = remove_labels(rows=rows, labels=labels)
            said = Sentence("Labels removed: %(names)s.")
        say(said % {"names": names}, about=rows[0] if rows else None)
        mention(*rows[1:])
        words = ngettext("%(n)d row was changed.", "%(n)d rows were changed.", changed)
        messages.success(request, words % {"n": changed})
