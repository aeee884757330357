"""Keeping the rows of conversations in step with the inbox."""
