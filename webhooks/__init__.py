"""Tells other programs what happens: the outbox of events, and their delivery by HTTP."""
