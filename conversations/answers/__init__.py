"""Answering people: the text, the rules, the delivery."""
