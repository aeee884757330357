"""How fast an account may send: gaps, rate windows, shared ceilings (rule 5)."""
