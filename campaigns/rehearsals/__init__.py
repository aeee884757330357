"""Rehearsals: what a start would do, with the text of every recipient rendered, and kept."""
