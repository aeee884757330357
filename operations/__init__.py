"""Backup, restore, pruning, keys and upgrades of an installation."""
