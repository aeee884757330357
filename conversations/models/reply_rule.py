"""The rules for messages that arrive, and the answers that they asked for."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models import Account, InboundMessage
from contacts.models import ContactList, Segment
from conversations.models.conversation import Conversation
from foundation.named_model import NamedModel
from foundation.sentence_field import SentenceField
from labels.models import Label
from webhooks.models import Endpoint

#: The most answers of a rule to a person a day.
MOST_A_DAY = 10


class RuleWords(models.TextChoices):
    """How the words of a rule are looked for in a message."""

    CONTAINS = "contains", _("the message contains one of them")
    EXACT = "exact", _("the message is one of them")
    BEGINS = "begins", _("the message begins with one of them")


class ReplyRule(NamedModel):
    """What is done with a person's message by itself. All rules that fit apply, in their order.

    A condition that is empty restricts nothing. Counts are of messages; a message counts once for
    each thing that a rule did with it.
    """

    position = models.PositiveIntegerField(
        _("order"), default=0, help_text=_("Lower ones first; equal ones by age.")
    )
    is_on = models.BooleanField(_("switched on"), default=False)
    is_last = models.BooleanField(
        _("the last one"), default=False, help_text=_("Rules after it do not see the message.")
    )
    # --- conditions
    lists = models.ManyToManyField(
        ContactList, related_name="+", blank=True, verbose_name=_("from people in the lists")
    )
    segment = models.ForeignKey(
        Segment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("from people in the segment"),
    )
    accounts = models.ManyToManyField(
        Account, related_name="+", blank=True, verbose_name=_("to the accounts")
    )
    account_labels = models.ManyToManyField(
        Label, related_name="+", blank=True, verbose_name=_("to accounts with a label")
    )
    words = models.TextField(
        _("words"),
        blank=True,
        default="",
        help_text=_("One on each line. Compared without case, width and outer punctuation."),
    )
    match = models.CharField(
        _("words are looked for so"),
        max_length=8,
        choices=RuleWords.choices,
        default=RuleWords.CONTAINS,
    )
    # --- actions
    labels = models.ManyToManyField(
        Label, related_name="+", blank=True, verbose_name=_("label the conversation")
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assign it to"),
    )
    answer = models.TextField(
        _("answer"),
        blank=True,
        default="",
        help_text=_("With the variables of a template. Nobody who opted out is answered."),
    )
    answers_a_day = models.PositiveSmallIntegerField(
        _("answers to a person a day"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_A_DAY)],
    )
    adds_to = models.ForeignKey(
        ContactList,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("add the person to the list"),
    )
    suppresses = models.BooleanField(_("suppress the person"), default=False)
    calls = models.ForeignKey(
        Endpoint,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tell the webhook"),
    )
    # --- what it did
    matched = models.PositiveIntegerField(_("matched"), default=0, editable=False)
    labelled = models.PositiveIntegerField(_("labelled"), default=0, editable=False)
    assigned = models.PositiveIntegerField(_("assigned"), default=0, editable=False)
    answered = models.PositiveIntegerField(_("answered"), default=0, editable=False)
    withheld = models.PositiveIntegerField(_("answers withheld"), default=0, editable=False)
    added = models.PositiveIntegerField(_("added to the list"), default=0, editable=False)
    suppressed = models.PositiveIntegerField(_("suppressed"), default=0, editable=False)
    #: Why it could not be evaluated the last time; empty after it was.
    problem = SentenceField(_("problem"), max_length=500, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = HistoricalRecords(
        excluded_fields=[
            "name_key",
            *("matched", "labelled", "assigned", "answered", "withheld", "added", "suppressed"),
            "problem",
        ]
    )

    class Meta:
        verbose_name = _("rule for messages")
        verbose_name_plural = _("rules for messages")
        ordering = ["position", "pk"]


class RuleAnswerState(models.TextChoices):
    """What became of an answer that a rule asked for."""

    WAITING = "waiting", _("waiting")
    SENT = "sent", _("given to the account")
    WITHHELD = "withheld", _("withheld")


class RuleAnswer(models.Model):
    """An answer that a rule asked for: made while the message is stored, sent by a tick."""

    rule = models.ForeignKey(ReplyRule, on_delete=models.CASCADE, related_name="rule_answers")
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="rule_answers"
    )
    message = models.ForeignKey(InboundMessage, on_delete=models.CASCADE, related_name="+")
    #: When the rule asked for it; wall time.
    at = models.DateTimeField()
    state = models.CharField(
        max_length=8, choices=RuleAnswerState.choices, default=RuleAnswerState.WAITING
    )
    #: Why it was withheld: the code of a refusal, or `machine`.
    reason = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        verbose_name = _("answer of a rule")
        verbose_name_plural = _("answers of rules")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "message"], name="ruleanswer_once_a_message")
        ]
        indexes = [
            # The caps: what a person was answered lately.
            models.Index(fields=["conversation", "at"], name="ruleanswer_lately"),
            models.Index(
                fields=["id"], name="ruleanswer_waiting", condition=models.Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} → {self.conversation_id}"
