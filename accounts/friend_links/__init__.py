"""Friend links: one person at a time is asked to be a friend, or removed, by an operator."""
