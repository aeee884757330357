"""Telling people who opted out by a reply that they did."""
