"""Sender accounts: credentials, egresses, workers, leases, sessions, friends and pace."""
