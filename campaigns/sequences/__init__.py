"""Sequences: starting and stopping them, and the tick that takes people from step to step."""
