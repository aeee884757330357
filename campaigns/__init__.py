"""Campaigns: templates, runs, deliveries, attempts; planning, sending, reporting."""
