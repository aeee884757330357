"""Simulated hosts on this machine: network namespaces, each with an address and a cable.

with network("a", "b") as net: ...      # this machine's end of a cable: net.router(name)
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

#: Network of this test process: 10.77.<process id modulo 250>.x
NET = f"10.77.{os.getpid() % 250}"


@dataclass(frozen=True)
class Host:
    """A network namespace and its cable to this machine.

    Attributes:
        name: name of the namespace.
        cable: name of this machine's end of the cable.
        address: address of the host.
        router: address of this machine, seen from the host.
    """

    name: str
    cable: str
    address: str
    router: str

    @property
    def into(self) -> tuple[str, ...]:
        """Return the prefix of a command that runs inside the namespace."""
        return ("ip", "netns", "exec", self.name)

    def cut_off(self) -> None:
        """Disconnect the host: packets are lost without an error."""
        _ip("link", "set", self.cable, "down")

    def bring_back(self) -> None:
        """Connect the host again."""
        _ip("link", "set", self.cable, "up")


def why_impossible() -> str:
    """Return why network namespaces cannot be used here; empty if they can."""
    if shutil.which("ip") is None:
        return "no `ip` here: apt-get install iproute2"
    name = f"qq{os.getpid()}p"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if made.returncode:
        return f"network namespaces are not permitted here: {made.stderr.strip()}"
    _ip("netns", "delete", name)
    return ""


@contextlib.contextmanager
def network(count: int) -> Iterator[list[Host]]:
    """Create hosts, each with its own link to this machine; remove them at the end."""
    hosts = []
    try:
        for number in range(count):
            first = number * 4
            host = Host(
                name=f"qq{os.getpid()}n{number}",
                cable=f"qq{os.getpid()}v{number}",
                address=f"{NET}.{first + 2}",
                router=f"{NET}.{first + 1}",
            )
            hosts.append(host)
            _make(host)
        yield hosts
    finally:
        for host in hosts:
            for command in (("link", "delete", host.cable), ("netns", "delete", host.name)):
                with contextlib.suppress(subprocess.CalledProcessError):
                    _ip(*command)


def _make(host: Host) -> None:
    _ip("netns", "add", host.name)
    _ip("link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", host.name)
    _ip("address", "add", f"{host.router}/30", "dev", host.cable)
    _ip("link", "set", host.cable, "up")
    inside = ("-n", host.name)
    _ip(*inside, "link", "set", "lo", "up")
    _ip(*inside, "address", "add", f"{host.address}/30", "dev", "eth0")
    _ip(*inside, "link", "set", "eth0", "up")
    _ip(*inside, "route", "add", "default", "via", host.router)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
