"""What each reason of a delivery means, and what an operator can do about it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sending.states import DeliveryState, Reason

_EXPLANATIONS: dict[str, Any] = {
    Reason.SUPPRESSED: gettext_lazy(
        "The person must not be written to. Lift the suppression only at their own request."
    ),
    Reason.NOT_A_FRIEND: gettext_lazy(
        "No account of the campaign had this person in its friend list. Sync the friend lists, or "
        "add an account that has them as a friend."
    ),
    Reason.NO_ACCOUNT: gettext_lazy(
        "The accounts that could send it are stopped, or have no room left. Enable one and retry."
    ),
    Reason.REPLY: gettext_lazy("They answered an earlier step, so the sequence left them out."),
    Reason.FREQUENCY_CAP: gettext_lazy(
        "They got enough messages lately. A later campaign reaches them again."
    ),
    Reason.ONCE_ACROSS: gettext_lazy(
        "A campaign that counts together with this one wrote to them, and each person gets one."
    ),
    Reason.HOLDOUT: gettext_lazy(
        "Some people get nothing, so that the effect of the campaign can be measured."
    ),
    Reason.RENDER_ERROR: gettext_lazy(
        "Something that the text uses is missing or wrong for this person: look at the attributes."
    ),
    Reason.RENDER_TOO_COSTLY: gettext_lazy("Make the text simpler: it has loops or long values."),
    Reason.TOO_LONG: gettext_lazy("With this person's values the text is too long to be sent."),
    Reason.EMPTY_TEXT: gettext_lazy("With this person's values nothing is left of the text."),
    Reason.FORBIDDEN_WORD: gettext_lazy(
        "A value of this person, or the text around it, holds a forbidden word."
    ),
    Reason.WINDOW_MISSED: gettext_lazy("Its sending window closed before its turn came."),
    Reason.DEADLINE: gettext_lazy("The campaign's deadline passed before its turn came."),
    Reason.BY_OPERATOR: gettext_lazy("An operator recorded this outcome."),
    Reason.TOO_MANY_TRIES: gettext_lazy(
        "It was sent several times without a clear answer; any of them may have arrived."
    ),
    Reason.RUN_CANCELLED: gettext_lazy(
        "The campaign was cancelled while the answer was open, so it may have arrived."
    ),
    Reason.REPLAY_WINDOW_OVER: gettext_lazy(
        "No clear answer came in time. Asking again now could send it a second time."
    ),
    Reason.RESTORED: gettext_lazy(
        "It was open when the backup was made. What happened since then is not known here."
    ),
    Reason.MAY_HAVE_ARRIVED: gettext_lazy(
        "It is sent again although an earlier try may have arrived, as the campaign promises or an "
        "operator chose."
    ),
}


def explanation_of(state: str, reason: str) -> str:
    """Return what the reason of a delivery means for an operator; "" if it has none."""
    meaning = str(_EXPLANATIONS.get(reason, ""))
    if state == DeliveryState.UNKNOWN:
        advice = _(
            "It is unknown whether it arrived. Ask the person or check the account's own QQ "
            "client, then record the result."
        )
        return f"{meaning} {advice}".strip()
    if state == DeliveryState.FAILED and not meaning:
        return _("The gateway refused it for good. Retry it once the cause is gone.")
    return meaning
