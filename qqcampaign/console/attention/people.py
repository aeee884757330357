"""Conversations and imports that need somebody."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import InboundMessage
from contacts.models import ContactImport
from contacts.states import ImportState
from conversations.models import Conversation
from qqcampaign.console.attention.item import AttentionItem, Kind

#: Days for which an import that failed or waits is listed.
RECENT_DAYS = 3
#: Number of imports of a kind that get an item each, the latest first.
NAMED_IMPORTS = 3
#: Conversations are counted up to here.
MOST_COUNTED = 200


def conversations(*, may_answer: bool) -> list[AttentionItem]:
    """Return the unread conversations, and those that were read but not answered."""
    address = reverse("admin:conversations_conversation_changelist")
    # By the index of the unread ones, and by the newest of the open ones: bounded, both.
    unread = list(
        Conversation.objects.unread()
        .order_by("-last_message_at", "-id")
        .values_list("last_inbound_at", flat=True)[:MOST_COUNTED]
    )
    newest_open = (
        Conversation.objects.open()
        .newest_first()
        .values_list("last_inbound_at", "is_ours_last", "unread")[:MOST_COUNTED]
    )
    unanswered = [at for at, is_ours_last, n in newest_open if not is_ours_last and not n]
    told = [
        (
            Kind.UNREAD_CONVERSATIONS,
            unread,
            ngettext(
                "%(n)s unread conversation waits in the inbox.",
                "%(n)s unread conversations wait in the inbox.",
                len(unread),
            ),
            f"{address}?box=unread",
        ),
        (
            Kind.UNANSWERED_CONVERSATIONS,
            unanswered,
            ngettext(
                "%(n)s conversation was read but has no answer. Answer or close it.",
                "%(n)s conversations were read but have no answer. Answer or close them.",
                len(unanswered),
            ),
            address,
        ),
    ]
    return [
        AttentionItem(
            kind,
            sentence % {"n": f"{len(times)}+" if len(times) == MOST_COUNTED else len(times)},
            _("Open inbox") if may_answer else _("Show inbox"),
            link,
            since=min((at for at in times if at is not None), default=None),
        )
        for kind, times, sentence, link in told
        if times
    ]


def unhandled_messages() -> list[AttentionItem]:
    """Return the messages of people for which a handler failed, as one item: they are few rows."""
    left = InboundMessage.objects.filter(handled=False, retry_at__isnull=False)
    times = list(left.order_by("pk").values_list("received_at", flat=True)[:MOST_COUNTED])
    if not times:
        return []
    sentence = ngettext(
        "%(n)s message could not be read for opt-outs and rules. It is tried again; the log of the "
        "workers has the reason.",
        "%(n)s messages could not be read for opt-outs and rules. They are tried again; the log "
        "of the workers has the reason.",
        len(times),
    )
    return [
        AttentionItem(
            Kind.UNHANDLED_MESSAGES,
            sentence % {"n": f"{len(times)}+" if len(times) == MOST_COUNTED else len(times)},
            _("Show messages"),
            f"{reverse('admin:accounts_inboundmessage_changelist')}?handled__exact=0",
            since=min(times),
        )
    ]


def failed_imports() -> list[AttentionItem]:
    """Return the imports that failed lately."""
    since = timezone.now() - timedelta(days=RECENT_DAYS)
    is_new = Q(created_at__gte=since) | Q(finished_at__gte=since)
    failed = ContactImport.objects.filter(is_new, state=ImportState.FAILED)[:NAMED_IMPORTS]
    return [
        AttentionItem(
            Kind.FAILED_IMPORTS,
            _("The import of %(file)s failed: %(why)s")
            % {"file": found.file_name, "why": found.problem},
            _("Show import"),
            reverse("admin:contacts_contactimport_page", args=[found.pk]),
            since=found.finished_at or found.created_at,
        )
        for found in failed
    ]


def unconfirmed_imports(*, may_import: bool) -> list[AttentionItem]:
    """Return the files that were uploaded lately and not imported yet."""
    since = timezone.now() - timedelta(days=RECENT_DAYS)
    waiting = ContactImport.objects.filter(created_at__gte=since, state=ImportState.UPLOADED)
    return [
        AttentionItem(
            Kind.UNCONFIRMED_IMPORTS,
            _("%(file)s is uploaded but not imported: check its columns and confirm.")
            % {"file": found.file_name},
            _("Check and import") if may_import else _("Show import"),
            reverse("admin:contacts_contactimport_page", args=[found.pk]),
            since=found.created_at,
        )
        for found in waiting[:NAMED_IMPORTS]
    ]
