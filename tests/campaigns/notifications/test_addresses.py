"""A webhook reaches addresses on the Internet alone, whatever its name resolves to."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from campaigns.models import Campaign, CampaignNotifications, Notification
from campaigns.notification_states import NotificationEvent
from campaigns.notifications.make import make_notifications
from campaigns.notifications.send import send_due
from clocks import shared
from foundation.public_address import is_public
from sending.runs.transitions import change_run_state
from sending.states import RunState
from tests.campaigns.factories import make_run
from tests.campaigns.notifications.servers import Server

PRIVATE = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "224.0.0.1",
    "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1",
    "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
    "2002:c0a8:101::", "no address", "",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "114.114.114.114", "2606:4700:4700::1111", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def call(campaign: Campaign, url: str) -> Notification:
    """Let a finished run be told to a URL, past the check of the form; return what became of it."""
    CampaignNotifications.objects.create(
        campaign=campaign, events=NotificationEvent.values, webhook_url=url, since=shared.wall()
    )
    change_run_state(run_id=make_run(campaign).pk, to=RunState.FINISHED)
    make_notifications()
    send_due()
    return Notification.objects.get()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0177.0.0.1",
    ],
)
def test_loopback_is_not_reached_in_any_spelling(
    host: str, campaign: Campaign, web_server: Server, settings: Any
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    row = call(campaign, f"http://{host}:{web_server.port}/")
    assert web_server.taken == []
    assert row.state in ("failed", "queued")
    assert row.last_error


@pytest.mark.django_db
def test_the_address_that_was_checked_is_the_one_that_is_called(
    campaign: Campaign, web_server: Server, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves to a public address once and to loopback afterwards gains nothing."""
    settings.WEBHOOK_ALLOW_PRIVATE = False
    asked: list[str] = []

    def resolve(host: Any, port: Any, *args: Any, **more: Any) -> Any:
        asked.append(str(host))
        where = "192.88.99.1" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (where, web_server.port))]

    connected: list[Any] = []

    def connect(self: socket.socket, where: Any) -> None:
        connected.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr("foundation.public_address.is_public", lambda a: a != "127.0.0.1")
    call(campaign, f"http://rebinding.example:{web_server.port}/")
    assert [where[0] for where in connected] == ["192.88.99.1"]
    assert asked == ["rebinding.example"]


@pytest.mark.django_db
def test_one_private_address_among_several_is_enough_to_refuse(
    campaign: Campaign, web_server: Server, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (where, web_server.port))
        for where in ("8.8.8.8", "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: found)
    row = call(campaign, f"http://two.example:{web_server.port}/")
    assert row.state == "failed"
    assert "127.0.0.1" in row.last_error
    assert "WEBHOOK_ALLOW_PRIVATE" in row.last_error


@pytest.mark.django_db
def test_a_proxy_of_the_environment_is_not_used(
    campaign: Campaign, web_server: Server, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{web_server.port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{web_server.port}")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: [])
    call(campaign, "http://example.com/")
    assert web_server.taken == []
