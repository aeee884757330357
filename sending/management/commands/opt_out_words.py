"""The command `opt_out_words list|add|remove|import`."""

from __future__ import annotations

from types import MappingProxyType

from django.utils.translation import gettext_noop

from sending.commands.word_list import WordListCommand
from sending.models import OptDirection, WordMatch
from sending.opt_outs.word_file import import_words
from sending.opt_outs.word_list import OPT_OUT_WORDS, add_words


class Command(WordListCommand):
    """List, add, remove and import opt-out words."""

    help = "Words by which people opt out, or in again, in a reply: list, add, remove, import."
    words = OPT_OUT_WORDS
    nothing = gettext_noop("There are no opt-out words: nobody can opt out by a reply.")
    order = ("direction", "word")
    shown = ("word", "match", "direction", "note")
    line = ("direction", "word", "match", "note")
    add_help = "add words; a reply that is one opts its person out at once"
    import_help = (
        "add the words of a file: a word on each line, or columns “word”, “match”, “direction”"
    )
    options = MappingProxyType(
        {
            "match": {
                "flag": "--match",
                "choices": WordMatch.values,
                "default": WordMatch.EXACT.value,
                "help": "the reply is the word (default), or begins with it",
            },
            "direction": {
                "flag": "--direction",
                "choices": OptDirection.values,
                "default": OptDirection.OUT.value,
                "help": "opt out (default), or in again",
            },
        }
    )
    add_words = staticmethod(add_words)
    import_words = staticmethod(import_words)
