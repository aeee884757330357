"""The file of a backup: its parts, their checksums, and its manifest."""
