"""How fast an account may send: gaps, windows, shared ceilings (rule 5)."""
