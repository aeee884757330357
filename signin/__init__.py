"""Signing in: lockout, sessions that end, second factors."""
