"""The verb `pace`: the rate and the priority, also of the run under way."""

from __future__ import annotations

from campaigns.commands.pace_arguments import add_pace_arguments, pace_data, pace_from
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.creation.pace import pace_of
from campaigns.run_control.pace import change_pace, pace_sentence


def _pace(call: Call) -> Answer:
    campaign = call.campaign()
    if call.options["per_minute"] is None and call.options["priority"] is None:
        call.refuse_usage("give --per-minute N, --priority N, or both")
    to = pace_from(call.options, before=pace_of(campaign))
    change_pace(campaign=campaign, to=to)
    sentence = pace_sentence(to)
    return Answer({"campaign": campaign.name, **pace_data(to), "sentence": sentence}, sentence)


VERBS = (
    Verb(
        "pace",
        "change the rate and the priority, also of the run under way",
        _pace,
        add_pace_arguments,
    ),
)
