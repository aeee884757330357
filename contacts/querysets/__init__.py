"""How contacts and what belongs to them are read."""
