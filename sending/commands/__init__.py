"""Verbs of commands; each calls a service and answers with its result."""
