"""Opting out by reply: the words, what a reply with one does, and taking that back."""
