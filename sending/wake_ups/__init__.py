"""Wake-ups: finding accounts with work and no lane, and notifying their workers."""
