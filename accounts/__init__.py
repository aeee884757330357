"""Sender accounts: credentials, egresses, workers, leases, sessions, friends, inbox and pacing."""
