"""The engine against the real simulator, a real database and a real Redis."""
