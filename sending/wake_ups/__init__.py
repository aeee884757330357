"""Wake-ups: which accounts have work and no lane, and telling their workers."""
