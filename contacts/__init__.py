"""Contacts: people, attributes, lists, segments, imports, suppressions."""
