"""What is owed and how it is sent: runs, deliveries, attempts, ledger, lanes, workers.

A run is the unit of work: a text, a window, a promise and what is owed. This package knows no
campaign; what makes runs stands above it.
"""
