"""The console's pages of rules for messages: the list, the form, what a rule did, the dry run."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display

from campaigns.admin.text_widget import TextWidget
from campaigns.writing.check import checked_text
from conversations.admin.rule_order import RuleOrderPage
from conversations.models import ReplyRule
from conversations.rules.dry_run import dry_run
from conversations.rules.save import refuse_idle
from foundation.admin import ChangeHistoryMixin, ConsoleAdmin, NamedMixin
from foundation.refusals import Refusal

COUNTS = ("matched", "labelled", "assigned", "answered", "withheld", "added", "suppressed")
#: The messages of the dry run that the page shows.
SHOWN = 10


class ReplyRuleForm(forms.ModelForm):
    """A rule; one without an action is refused."""

    class Meta:
        model = ReplyRule
        fields = [
            *("name", "position", "is_on", "is_last"),
            *("lists", "segment", "accounts", "account_labels", "words", "match"),
            *("labels", "assignee", "answer", "answers_a_day", "adds_to", "suppresses", "calls"),
        ]
        widgets = {"answer": TextWidget}

    def clean_answer(self) -> str:
        """Check the text, as `manage.py reply_rules create` does."""
        text: str = self.cleaned_data["answer"]
        if text.strip():
            try:
                checked_text(text)
            except Refusal as refusal:
                raise forms.ValidationError(refusal.sentence, code=refusal.code) from None
        return text.strip()

    def clean_assignee(self) -> Any:
        """Refuse an operator who could not see the conversation."""
        operator = self.cleaned_data["assignee"]
        if operator is not None and not operator.has_perm("conversations.view_conversation"):
            raise forms.ValidationError(
                _("%(name)s may not see conversations: give the operator a role that may.")
                % {"name": operator.get_username()},
                code="operator_cannot",
            )
        return operator

    def clean(self) -> dict[str, Any] | None:
        """Refuse a rule that does nothing."""
        data = super().clean() or self.cleaned_data
        actions = ("labels", "assignee", "answer", "adds_to", "suppresses", "calls")
        if not self.errors and not any(data.get(name) for name in actions):
            try:
                refuse_idle()
            except Refusal as refusal:
                raise forms.ValidationError(refusal.sentence, code=refusal.code) from None
        return data


@admin.register(ReplyRule)
class ReplyRuleAdmin(
    RuleOrderPage, NamedMixin, ChangeHistoryMixin, SimpleHistoryAdmin, ConsoleAdmin
):
    """What is done with messages by itself. A change holds for the next message."""

    form = ReplyRuleForm
    actions_list = ["to_order"]
    list_display = ["name", "position", "is_on", "does", "matched", "answered", "withheld", "state"]
    list_filter = ["is_on"]
    ordering = ["position", "pk"]
    search_fields = ["name", "words"]
    autocomplete_fields = [
        *("lists", "segment", "accounts", "account_labels", "labels", "adds_to", "assignee")
    ]
    fieldsets = [
        (None, {"fields": ["name", "is_on", "position", "is_last"]}),
        (
            gettext_lazy("When a message comes"),
            {
                "fields": [
                    ("lists", "segment"),
                    ("accounts", "account_labels"),
                    ("words", "match"),
                ],
                "description": gettext_lazy("What is empty restricts nothing."),
            },
        ),
        (
            gettext_lazy("Then"),
            {
                "fields": [
                    ("labels", "assignee"),
                    "answer",
                    "answers_a_day",
                    ("adds_to", "suppresses"),
                    "calls",
                ]
            },
        ),
    ]
    change_form_outer_before_template = "console/inbox/rule.html"
    empty_sentence = gettext_lazy(
        "A rule labels, assigns or answers messages by itself, or adds their people to a list. Its "
        "page shows which of the last 1,000 messages it fits, before you switch it on."
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the order."""
        order = self.admin_site.admin_view(self.order_view)
        return [path("order/", order, name="conversations_replyrule_order"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReplyRule]:
        """Read what the list shows at once."""
        found: QuerySet[ReplyRule] = super().get_queryset(request)
        return found.select_related("assignee", "adds_to", "segment").prefetch_related("labels")

    def page_context(self, request: HttpRequest, obj: ReplyRule) -> dict[str, Any]:
        """Return what the rule did, and its dry run."""
        context: dict[str, Any] = {
            "rule": obj,
            "rule_counts": [
                (obj._meta.get_field(name).verbose_name, getattr(obj, name))  # type: ignore[union-attr]
                for name in COUNTS
            ],
        }
        if not request.user.has_perm("accounts.view_inboundmessage"):
            return context | {"trial_problem": _("Your role does not show messages.")}
        try:
            trial = dry_run(rule=obj)
        except Refusal as refusal:
            return context | {"trial_problem": refusal.sentence}
        del trial.sample[SHOWN:]
        return context | {"trial": trial}

    @display(description=gettext_lazy("what it does"))
    def does(self, rule: ReplyRule) -> str:
        """Return the rule's actions in words."""
        parts = [
            ", ".join(label.name for label in rule.labels.all()),
            str(rule.assignee or ""),
            _("answers") if rule.answer else "",
            str(rule.adds_to or ""),
            _("suppresses") if rule.suppresses else "",
        ]
        return " · ".join(filter(None, parts))

    @display(description=gettext_lazy("problem"))
    def state(self, rule: ReplyRule) -> str:
        """Return why it could not be evaluated the last time."""
        return rule.problem
