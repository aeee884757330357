"""Failing an import after an exception, with a sentence for the operator."""

from __future__ import annotations

from django.db import IntegrityError
from django.utils import timezone

from contacts.imports.end import end_imports
from contacts.models import ContactImport
from contacts.states import ImportState
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def fail_import(*, import_id: int, problem: Exception) -> None:
    """Move an import that raised an exception while it ran or was taken back to `failed`.

    After an IntegrityError nothing is changed: another transaction interfered (it deleted the list,
    or planned a delivery to a person), and the next tick tries again with the present data.

    Args:
        import_id: the import.
        problem: the exception; a Refusal's sentence is stored, of others the type alone.
    """
    if isinstance(problem, IntegrityError):
        return
    if isinstance(problem, Refusal):
        sentence: str = problem.sentence
    else:
        sentence = _(
            "Program error (%(error)s). Report it, with the log of the jobs worker. What was done "
            "so far stays and can be taken back."
        ) % {"error": type(problem).__name__}
    end_imports(
        ContactImport.objects.unfinished().filter(pk=import_id),
        to=ImportState.FAILED,
        problem=sentence,
        finished_at=timezone.now(),
    )
