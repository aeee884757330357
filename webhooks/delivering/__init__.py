"""Delivers messages: a dispatcher, one thread for each endpoint, and what follows an answer."""
