"""A hold: while one is open, the engine sends nothing."""
