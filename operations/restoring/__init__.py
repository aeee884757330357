"""Restoring a backup, and releasing the restored installation."""
