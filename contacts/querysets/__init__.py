"""The querysets of the contacts app."""
