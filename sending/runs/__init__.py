"""Runs: their states, their deliveries, their figures, and what stops or finishes them."""
