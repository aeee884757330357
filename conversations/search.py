"""Search conversations by what people wrote, by names and by UINs."""

from __future__ import annotations

from django.db import connection
from django.db.models import Exists, Max, OuterRef, Q

from accounts.models import Friend, InboundKind, InboundMessage
from contacts.models import Contact
from conversations.models import Conversation
from foundation.names import without_controls
from tabular.uin_search import uin_digits, uin_starts_with

#: The most characters that are looked for; texts are searched for two or more.
LONGEST_SEARCH, SHORTEST_IN_TEXTS = 64, 2
#: The most conversations that a search in texts finds, those with the newest messages.
MOST_FOUND = 2_000
#: On SQLite the newest messages are read, so many of them: it has no index for words of two
#: characters (decision 0053).
MOST_READ = 1_000_000

# The index has every pair of neighbouring characters. What has all pairs of the words is then read
# and compared. The CTE keeps PostgreSQL from reading the inbox backwards by key instead.
_WRITTEN = """
WITH found AS MATERIALIZED (
    SELECT id, account_id, uin FROM accounts_inboundmessage
     WHERE kind = %s AND conversations_pairs(text) @> %s AND strpos(lower(text), %s) > 0
)
SELECT account_id, uin FROM found GROUP BY account_id, uin ORDER BY MAX(id) DESC LIMIT %s
"""


def found_by(words: str) -> Q:
    """Return the condition that a search finds a conversation.

    Found are people with such words in their messages, in their name or their nickname, and people
    whose UIN begins with the number that is looked for. Texts of ours are not searched. Words of
    which nothing is left restrict nothing.
    """
    text = without_controls(words).strip()[:LONGEST_SEARCH].rstrip()
    if not text:
        return Q()
    people = Contact.objects.filter(uin=OuterRef("uin"), name__icontains=text)
    friends = Friend.objects.filter(
        uin=OuterRef("uin"), account=OuterRef("account"), nickname__icontains=text
    )
    condition = Q(Exists(people)) | Q(Exists(friends))
    if len(text) >= SHORTEST_IN_TEXTS:
        condition |= Q(pk__in=_who_wrote(text))
    digits = uin_digits(text)
    return condition | uin_starts_with(digits) if digits else condition


def _who_wrote(text: str) -> list[int]:
    """Return the conversations in which the person wrote a text, the newest MOST_FOUND."""
    pairs = _on_postgresql(text) if connection.vendor == "postgresql" else _on_sqlite(text)
    rows = Conversation.objects.filter(
        account__in={account_id for account_id, _uin in pairs}, uin__in={uin for _id, uin in pairs}
    )
    found = rows.values_list("pk", "account_id", "uin")
    return [pk for pk, account_id, uin in found if (account_id, uin) in pairs]


def _on_postgresql(text: str) -> set[tuple[int, int]]:
    said = text.lower()
    pairs = [said[n : n + 2] for n in range(len(said) - 1)]
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, [InboundKind.USER.value, pairs, said, MOST_FOUND])
        return {(account_id, uin) for account_id, uin in cursor.fetchall()}


def _on_sqlite(text: str) -> set[tuple[int, int]]:
    newest = InboundMessage.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = InboundMessage.objects.filter(
        pk__gt=newest - MOST_READ, kind=InboundKind.USER, text__icontains=text
    )
    found = rows.order_by().values_list("account_id", "uin").annotate(newest=Max("pk"))
    return {(one, uin) for one, uin, _pk in found.order_by("-newest")[:MOST_FOUND]}
