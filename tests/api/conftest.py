"""Fixtures of the tests of the API: those of sending."""

from __future__ import annotations

from tests.sending.conftest import engine, gateway, sender, senders, start

__all__ = ["engine", "gateway", "sender", "senders", "start"]
