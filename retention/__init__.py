"""How long data is kept, and what was removed of a run."""
