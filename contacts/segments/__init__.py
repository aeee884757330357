"""Segments: conditions on people, saving and previewing them, and audiences."""
