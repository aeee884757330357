"""The embedded stack: starts all processes on one machine and supervises them."""
