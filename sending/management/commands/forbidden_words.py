"""The command `forbidden_words list|add|remove|import`."""

from __future__ import annotations

from types import MappingProxyType

from django.utils.translation import gettext_noop

from sending.commands.word_list import WordListCommand
from sending.forbidden_word_file import import_words
from sending.forbidden_words import FORBIDDEN_WORDS, add_words
from sending.models import WordAction


class Command(WordListCommand):
    """List, add, remove and import forbidden words."""

    help = "Forbidden words, which no message may contain: list, add, remove, import."
    words = FORBIDDEN_WORDS
    nothing = gettext_noop("There are no forbidden words.")
    order = ("word",)
    shown = line = ("word", "action", "note")
    add_help = "add words; ? stands for one character, * for up to 20"
    import_help = "add the words of a file: a word on each line, or a column “word”"
    options = MappingProxyType(
        {
            "action": {
                "flag": "--what",
                "choices": WordAction.values,
                "default": WordAction.REFUSE.value,
                "help": "refuse a text with the word (default), or hold it for an approval",
            }
        }
    )
    add_words = staticmethod(add_words)
    import_words = staticmethod(import_words)
