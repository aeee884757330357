"""Segments: conditions over people, and the audiences they make."""
