"""Leases and worker processes: which process may send for which account."""
