"""Tests of the console with Django's test client and with a real browser."""
