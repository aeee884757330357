"""Runs: their states, deliveries and figures, and the conditions that stop or finish them."""
