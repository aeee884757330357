"""Leases and worker processes: which worker may send for which account."""
