"""Importing accounts from a file."""
