"""Tokens of users: made, found, used and revoked."""
