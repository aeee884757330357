"""The HTTP API for other programs: what the command line does, at /api/v1."""
