"""Lists: named sets of contacts."""
