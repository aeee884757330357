"""The steps of a sequence as they are written, and the checks of all of them together."""

from __future__ import annotations

import re
from collections.abc import Sequence as Many
from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.models import MessageTemplate, SequenceStep
from campaigns.models.sequence import LONGEST_WAIT
from campaigns.sequence_states import END, OF_SEGMENT, OnlyIf
from campaigns.writing.check import refuse_texts
from contacts.models import ContactList, Segment
from contacts.people.attributes import attribute_names_in_use
from foundation.names import without_controls
from foundation.refusals import Refusal
from foundation.spans import read_span

#: The most steps of a sequence.
MOST_STEPS = 50
#: A wait, a condition with the name of its segment, and where people go; like
#: 1d?segment:VIP,then:4,else:end
_WHEN = re.compile(
    r"(?P<wait>[^?,]*)"
    r"(?:\?(?P<only_if>[a-z-]+)(?::(?P<segment>.+?))?)?"
    r"(?:,then:(?P<then>[0-9]{1,3}|end))?"
    r"(?:,else:(?P<else>[0-9]{1,3}|end))?"
)
_END_WORD = "end"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: when, to whom, the text or the template, and where people go from here.

    Attributes:
        wait_seconds: after the message of the step before, or after the person entered.
        only_if: an OnlyIf.
        text: the message in Liquid; either this or `template`.
        template: the template of the message.
        segment: the segment that `only_if` asks.
        then_to: the number of a later step, END, or None for the next step.
        else_to: the same for those for whom the step is not.
    """

    wait_seconds: int
    only_if: str = OnlyIf.ANY
    text: str = ""
    template: MessageTemplate | None = None
    segment: Segment | None = None
    then_to: int | None = None
    else_to: int | None = None


@dataclass(frozen=True, slots=True)
class When:
    """What stands before the text of a step on the command line; as in `Step`."""

    wait_seconds: int
    only_if: str = OnlyIf.ANY
    segment: str = ""
    then_to: int | None = None
    else_to: int | None = None


def read_when(text: str) -> When:
    """Return what a text like 0m, 90m, 1d?not-replied or 1d?segment:VIP,then:4,else:end says.

    Raises:
        Refusal: it cannot be read or the wait is too long (`step_malformed`).
    """
    found = _WHEN.fullmatch(text.strip())
    seconds = read_span(found["wait"]) if found else None
    only_if = (found["only_if"] if found else "") or OnlyIf.ANY.value
    segment = (found["segment"] if found else "") or ""
    is_wrong = (
        found is None
        or seconds is None
        or seconds > LONGEST_WAIT
        or only_if not in OnlyIf.values
        or bool(segment) != (only_if in OF_SEGMENT)
    )
    if found is None or seconds is None or is_wrong:
        raise Refusal(
            _(
                "The time of a step, “%(text)s”, cannot be read: write it like 0m, 4h, 1d or "
                "1d?not-replied (at most 366 days)."
            )
            % {"text": without_controls(text)[:40]},
            code="step_malformed",
        )
    return When(seconds, only_if, segment, _place(found["then"]), _place(found["else"]))


def place_data(place: int | None) -> int | str | None:
    """Return where people go, as JSON and the command line have it: a number, "end" or None."""
    return _END_WORD if place == END else place


def ways_in_words(then_to: int | str | None, else_to: int | str | None) -> list[str]:
    """Return in words where people go from a step, if that is not the next one.

    Args:
        then_to, else_to: as in `Step`, or as `place_data` gives them.
    """
    ends = (_("then the end"), _("the others: the end"))
    goes_on = (_("then to step %(n)s"), _("the others: to step %(n)s"))
    return [
        end if place in (END, _END_WORD) else way % {"n": place}
        for place, end, way in zip((then_to, else_to), ends, goes_on, strict=True)
        if place is not None
    ]


def catching_step(steps: Many[Step | SequenceStep], *, after: int) -> int | None:
    """Return the next step after one that is for those whose message failed; None without one.

    Args:
        steps: all steps of the sequence, in their order.
        after: the number of the one.
    """
    later = enumerate(steps[after:], start=after + 1)
    return next((number for number, step in later if step.only_if == OnlyIf.FAILED), None)


def refuse_steps(
    steps: Many[Step], *, lists: Many[ContactList] | None, stops_on_reply: bool
) -> None:
    """Refuse steps that cannot be sent.

    Args:
        steps: the steps.
        lists: the lists of the audience; None if it has other people too.
        stops_on_reply: whether a reply ends the sequence for a person.

    Raises:
        Refusal: there is none (`no_step`), there are too many (`too_many_steps`), one has no text
            (`text_missing`) or two (`text_twice`), or a branch makes no sense (see
            `refuse_branches`).
        TextProblem: a text cannot be compiled or uses an unknown variable.
    """
    if not steps:
        raise Refusal(_("A sequence needs at least one step."), code="no_step")
    if len(steps) > MOST_STEPS:
        raise Refusal(
            _("A sequence has at most %(most)d steps.") % {"most": MOST_STEPS},
            code="too_many_steps",
        )
    known = attribute_names_in_use(lists=lists)
    for number, step in enumerate(steps, start=1):
        if step.template is not None and step.text:
            raise Refusal(
                _("Step %(n)d: choose a template or write a text, not both.") % {"n": number},
                code="text_twice",
            )
        if step.template is None and not step.text.strip():
            raise Refusal(
                _("Step %(n)d needs a text or a template.") % {"n": number}, code="text_missing"
            )
        texts = step.template.texts_by_language() if step.template is not None else {"": step.text}
        refuse_texts(texts, attributes=known)
    refuse_branches(steps, stops_on_reply=stops_on_reply)


def refuse_branches(steps: Many[Step], *, stops_on_reply: bool) -> None:
    """Refuse conditions that no one can meet, and ways that lead nowhere.

    Raises:
        Refusal: a segment is missing or too much (`step_segment`), nobody can have replied or
            failed yet (`no_message_before`), a reply ends the sequence (`reply_ends_it`), there are
            no others (`no_others`), a way does not lead to a later step (`step_target`), or nobody
            can come to a step (`step_unreachable`).
    """
    for number, step in enumerate(steps, start=1):
        problem, code = _problem(step, number, of=len(steps), stops_on_reply=stops_on_reply)
        if code:
            raise Refusal(problem % {"n": number}, code=code)
    reached = _reached(steps)
    for number in range(1, len(steps) + 1):
        if number not in reached:
            raise Refusal(
                _("Nobody can come to step %(n)d: every way leads past it.") % {"n": number},
                code="step_unreachable",
            )


def _problem(step: Step, number: int, *, of: int, stops_on_reply: bool) -> tuple[str, str]:
    """Return the sentence and the code of what is wrong with a step; "" for both if nothing is."""
    if (step.segment is not None) != (step.only_if in OF_SEGMENT):
        return _(
            "Step %(n)d: choose a segment together with “who is in the segment” or “who is not in "
            "the segment”."
        ), "step_segment"
    if step.only_if in (OnlyIf.REPLIED, OnlyIf.FAILED) and number == 1:
        return _(
            "Step %(n)d is the first: there is no message before it to reply to or to fail."
        ), "no_message_before"
    if step.only_if == OnlyIf.REPLIED and stops_on_reply:
        return _(
            "Step %(n)d is for those who replied, but a reply ends the sequence. Switch that off, "
            "or choose another condition."
        ), "reply_ends_it"
    if step.only_if == OnlyIf.ANY and step.else_to is not None:
        return _("Step %(n)d is for everybody: there are no others who go elsewhere."), "no_others"
    for place in (step.then_to, step.else_to):
        if place is not None and place != END and not number < place <= of:
            return _(
                "Step %(n)d: people can go to a later step or to the end, not elsewhere."
            ), "step_target"
    return "", ""


def _reached(steps: Many[Step]) -> set[int]:
    """Return the steps to which somebody can come. Nobody goes back: one look at each will do."""
    reached = {1}
    for number, step in enumerate(steps, start=1):
        if number not in reached:
            continue
        reached.add(number + 1 if step.then_to is None else step.then_to)
        if step.only_if != OnlyIf.ANY:
            reached.add(number + 1 if step.else_to is None else step.else_to)
        reached.add(catching_step(steps, after=number) or END)
    return reached


def _place(text: str | None) -> int | None:
    if text is None:
        return None
    # 0 is no step; END would take it for the end.
    return END if text == _END_WORD else int(text) or -1
