"""The definition of a sequence that is approved.

It holds what decides who gets which text, when and from whom. The people are not part of it,
because they enter later. Once a sequence has started, its texts are those of its runs, which no
later change of a template reaches.
"""

from __future__ import annotations

from typing import Any

from campaigns.approvals.definition import (
    Definition,
    lock_rows,
    named,
    whole_or_as_written,
    with_conditions,
)
from campaigns.creation.sequence_steps import place_data
from campaigns.models import MessageTemplate, Sequence, SequenceStep, Snippet
from contacts.models import Segment
from foundation.archiving import refuse_archived
from foundation.locked_rows import locked_row
from foundation.spans import span_text


def definition_of_sequence(sequence: Sequence) -> Definition:
    """Return the definition of a sequence as it is in the database and in `sequence`."""
    steps = _steps(sequence)
    return Definition(
        texts=[text for step in steps for text in _texts(step)],
        rules={**_audience(sequence), **_sending(sequence, steps)},
        is_repeated=True,
    )


def texts_of_sequence(sequence: Sequence) -> list[dict[str, Any]]:
    """Return every text that a sequence may send, in the order of its steps."""
    return [text for step in _steps(sequence) for text in _texts(step)]


def locked_sequence_definition(sequence: Sequence) -> tuple[Sequence, Definition]:
    """Return a sequence as it is now and its definition, locked to the end of the transaction.

    Raises:
        Refusal: the sequence was deleted (`gone`) or archived (`archived`).
    """
    locked = locked_row(sequence)
    refuse_archived(locked)
    for audience in (locked.lists, locked.excluded_lists, locked.segments):
        lock_rows(audience.all())
    templates = locked.steps.exclude(template=None).values("template")
    lock_rows(MessageTemplate.objects.filter(pk__in=templates))
    lock_rows(Segment.objects.filter(pk__in=locked.steps.exclude(segment=None).values("segment")))
    if any("snippets" in step.message for step in locked.steps.select_related("template")):
        lock_rows(Snippet.objects.all())
    return locked, definition_of_sequence(locked)


def _steps(sequence: Sequence) -> list[SequenceStep]:
    steps = sequence.steps.select_related("template", "campaign", "run", "segment")
    return list(steps.prefetch_related("template__texts", "run__texts").order_by("number"))


def _texts(step: SequenceStep) -> list[dict[str, Any]]:
    """Return the texts of a step by language. Its number is in the place of a variant."""
    if step.run is not None:
        found = {"": step.run.text, **{one.language: one.text for one in step.run.texts.all()}}
    elif step.template is not None:
        found = {"": step.template.text, **step.template.texts_by_language()}
    else:
        found = {"": step.text}
    return [
        {"variant": str(step.number), "language": language, "text": whole_or_as_written(text)}
        for language, text in sorted(found.items())
    ]


def _audience(sequence: Sequence) -> dict[str, Any]:
    return {
        "lists": named(sequence.lists.all()),
        "segments": with_conditions(sequence.segments.all()),
        "friends_of": sorted(sequence.friends_of.values_list("uin", flat=True)),
        "excluded_lists": named(sequence.excluded_lists.all()),
        "includes_existing": sequence.includes_existing,
    }


def _sending(sequence: Sequence, steps: list[SequenceStep]) -> dict[str, Any]:
    accounts = sorted(sequence.accounts.values_list("uin", flat=True))
    chosen = sorted(account.uin for account in sequence.chosen_accounts())
    pools = named(sequence.pools.all())
    rules: dict[str, Any] = {
        "steps": [_rule_of(step) for step in steps],
        "stops_on_reply": sequence.stops_on_reply,
        # Empty: every working account. The members of a pool are not part of the rule.
        "accounts": accounts,
        "pools": pools,
        "windows": sequence.windows,
        "timezone": sequence.timezone,
    }
    # The campaign of a step is edited by itself, and its run reads the accounts from it.
    changed = [
        step.number
        for step in steps
        if step.campaign is not None
        and (
            sorted(step.campaign.accounts.values_list("uin", flat=True)) != chosen
            or named(step.campaign.pools.all()) != pools
        )
    ]
    return {**rules, "own_accounts": _senders(steps, changed)} if changed else rules


def _senders(steps: list[SequenceStep], numbers: list[int]) -> list[dict[str, Any]]:
    return [
        {
            "step": step.number,
            "accounts": sorted(step.campaign.accounts.values_list("uin", flat=True)),
            "pools": [pool["name"] for pool in named(step.campaign.pools.all())],
        }
        for step in steps
        if step.number in numbers and step.campaign is not None
    ]


def _rule_of(step: SequenceStep) -> dict[str, Any]:
    """Return when and to whom a step is sent, and where people go if that is not the next step.

    What is not used is left out: so approvals of before there were branches hold.
    """
    rule: dict[str, Any] = {
        "step": step.number,
        "wait": span_text(step.wait_seconds),
        "only_if": step.only_if,
    }
    if step.segment is not None:
        rule["segment"] = with_conditions(Segment.objects.filter(pk=step.segment.pk))[0]
    for name, place in (("then", step.then_to), ("else", step.else_to)):
        if place is not None:
            rule[name] = place_data(place)
    return rule
