"""Hostile requests to every address of the console."""
