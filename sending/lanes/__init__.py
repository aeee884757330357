"""Lanes: what sends for one account at a time, from the lease to the definite answer."""
