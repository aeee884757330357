"""Replies: inbound messages, tied to the delivery that they answer."""
