"""Backups and prunings that the console asks for, done in the background."""
