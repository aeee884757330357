"""Rules for messages that arrive: which messages fit, what is done, and trying them out."""
