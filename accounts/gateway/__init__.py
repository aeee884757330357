"""Talking to the gateway as one account: login, messages, friends, inbox."""
