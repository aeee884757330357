"""Tests of sending: real simulator, real database, real Redis."""
