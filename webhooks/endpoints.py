"""The services of endpoints: add, change, disable, enable, new secret, test, send again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Q

from clocks import shared
from foundation.find_named import find_named
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from webhooks.models import Endpoint, EndpointStates, Message
from webhooks.outbox.subscribers import Subscriber, forget_subscribers
from webhooks.outbox.tell import Event, write_messages
from webhooks.signature import new_secret
from webhooks.states import CHOSEN, TEST, EndpointState, MessageState

#: For so long the former secret signs as well.
BOTH_SIGN = timedelta(hours=24)
#: Characters of a URL.
LONGEST_URL = 500


def find_endpoint(*, name: str) -> Endpoint:
    """Return the endpoint with a name.

    Raises:
        Refusal: there is none.
    """
    return find_named(
        Endpoint, name, missing=_("There is no webhook “%(name)s”."), code="no_such_webhook"
    )


def add_endpoint(
    *, name: str, url: str, events: Sequence[str], with_texts: bool = False, owner: Any = None
) -> Endpoint:
    """Add an endpoint; return it with its secret, which is shown this once.

    It is told of what happens from `subscribers.KNOWN_SECONDS` after its transaction on.

    Args:
        name: its name.
        url: where events are posted to.
        events: kinds of events; empty for all.
        with_texts: whether events contain texts.
        owner: who is told when it fails.

    Raises:
        Refusal: the name, the URL or a kind cannot be used.
    """
    endpoint = Endpoint(
        name=name,
        url=checked_url(url),
        events=checked_events(events),
        with_texts=with_texts,
        owner=owner,
        secret=new_secret(),
    )
    endpoint.save()
    forget_subscribers()
    return endpoint


def checked_url(url: str) -> str:
    """Return a URL that can be called.

    Raises:
        Refusal: it cannot be.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right or parts.username or len(url) > LONGEST_URL or not url.isprintable():
        raise Refusal(
            _(
                "This is no URL that can be called: write https://host/path, without a user and "
                "a password."
            ),
            code="wrong_url",
        )
    return url


def checked_events(events: Sequence[str]) -> list[str]:
    """Return kinds of events, all if none is given.

    Raises:
        Refusal: there is no such kind.
    """
    unknown = sorted(set(events) - set(CHOSEN))
    if unknown:
        raise Refusal(
            _("There is no event “%(name)s”. There are: %(names)s.")
            % {"name": unknown[0], "names": ", ".join(CHOSEN)},
            code="no_such_event",
        )
    return [str(kind) for kind in CHOSEN if not events or kind in events]


def disable_endpoint(*, endpoint: Endpoint) -> bool:
    """Stop calling an endpoint and collecting events for it; return whether it was on."""
    return _move(endpoint, to=EndpointState.DISABLED)


def enable_endpoint(*, endpoint: Endpoint) -> bool:
    """Call an endpoint again, at once; return whether it was off.

    What was collected while it failed is sent, in order.
    """
    moved = _move(
        endpoint,
        to=EndpointState.ACTIVE,
        failures=0,
        failing_since=None,
        rests_until=None,
        problem="",
    )
    if moved:
        endpoint.messages.filter(state=MessageState.QUEUED).update(next_at=None)
    return moved


def _move(endpoint: Endpoint, *, to: str, **values: Any) -> bool:
    with transaction.atomic():
        moved = EndpointStates(Endpoint).filter(pk=endpoint.pk).transition(to=to, **values)
    forget_subscribers()
    endpoint.refresh_from_db()
    return bool(moved)


def rotate_secret(*, endpoint: Endpoint) -> Endpoint:
    """Give an endpoint a new secret; the former one signs as well for `BOTH_SIGN`."""
    with transaction.atomic():
        held: Endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
        held.old_secret, held.secret = held.secret, new_secret()
        held.old_secret_until = shared.wall() + BOTH_SIGN
        held.save(update_fields=["secret", "old_secret", "old_secret_until"])
    return held


def send_test(*, endpoint: Endpoint) -> Message:
    """Queue a test event; return it.

    Raises:
        Refusal: the endpoint is off.
    """
    if endpoint.state != EndpointState.ACTIVE:
        raise Refusal(
            _("The webhook “%(name)s” is %(state)s: enable it first.")
            % {"name": endpoint.name, "state": endpoint.get_state_display()},
            code="not_active",
        )
    to = Subscriber(endpoint.pk, frozenset(), with_texts=False)
    about = f"test:{round(shared.wall().timestamp() * 1e6):x}"
    with transaction.atomic():
        write_messages(TEST, [Event(about, {"webhook": endpoint.name})], to=[to])
        found: Message = Message.objects.get(endpoint=endpoint, object_key=about)
    return found


def resend(*, endpoint: Endpoint, message: int | None = None, since: datetime | None = None) -> int:
    """Queue messages again that were sent or given up; return how many.

    They keep their ids. What waits is tried at once.

    Args:
        endpoint: the endpoint.
        message: the id of one message; None for all that failed.
        since: of those that failed, the ones that happened since.

    Raises:
        Refusal: there is no such message.
    """
    rows = Message.objects.filter(endpoint=endpoint)
    if message is not None:
        rows = rows.filter(pk=message)
        if not rows.exists():
            raise Refusal(
                _("The webhook “%(name)s” has no message %(id)s.")
                % {"name": endpoint.name, "id": message},
                code="no_such_message",
            )
    else:
        rows = rows.filter(Q(state=MessageState.FAILED) | Q(state=MessageState.QUEUED, tries__gt=0))
        if since is not None:
            rows = rows.filter(happened_at__gte=since)
    with transaction.atomic():
        waiting = rows.filter(state=MessageState.QUEUED).update(next_at=None)
        moved = rows.transition(to=MessageState.QUEUED, next_at=None)
        Endpoint.objects.filter(pk=endpoint.pk).update(rests_until=None)
    return int(moved) + int(waiting)


def delete_endpoint(*, endpoint: Endpoint) -> None:
    """Delete an endpoint with its messages."""
    # One statement: a run of a million has as many messages, and none of them is read.
    messages = Message.objects.filter(endpoint=endpoint)
    with transaction.atomic():
        messages._raw_delete(messages.db)
        endpoint.delete()
    forget_subscribers()
