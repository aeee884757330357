"""Runs and how they are sent: deliveries, attempts, result policies, ledger, lanes, workers.

A run is the unit of work: a text, a sending window, a promise, and the deliveries. This package
knows no campaign; the apps that make runs are above it.
"""
