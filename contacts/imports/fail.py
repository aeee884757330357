"""An import that cannot go on says so: it is failed, with a sentence for whom it was run."""

from __future__ import annotations

from django.db import IntegrityError
from django.utils import timezone

from contacts.models import ContactImport
from contacts.states import ImportState
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def fail_import(*, import_id: int, problem: Exception) -> None:
    """Fail an import, or the taking back of one, by what was raised in the middle of it.

    A constraint says that another writer came between (the list was deleted, a person was planned
    for): the tick tries that again, which sees how things are then.
    """
    if isinstance(problem, IntegrityError):
        return
    if isinstance(problem, Refusal):
        sentence: str = problem.sentence
    else:
        sentence = _(
            "An error of the program (%(error)s). The log of the jobs worker says where: report "
            "it. What was done so far stays; it can be taken back."
        ) % {"error": type(problem).__name__}
    ContactImport.objects.unfinished().filter(pk=import_id).transition(
        to=ImportState.FAILED, problem=sentence, finished_at=timezone.now()
    )
