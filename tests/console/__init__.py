"""The console, asked by Django's client and by a real browser."""
