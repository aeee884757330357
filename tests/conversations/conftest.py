"""Fixtures of the tests of conversations: those of sending, and an operator."""

from __future__ import annotations

from tests.console.conftest import operator
from tests.sending.conftest import engine, gateway, sender, senders, start

__all__ = ["engine", "gateway", "operator", "sender", "senders", "start"]
