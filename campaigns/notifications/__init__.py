"""Tells people and other systems what happened to campaigns, by e-mail and webhook."""
