"""Contacts: people, lists, imports, suppressions."""
