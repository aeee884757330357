"""The usual way to send with Celery: one task a message, a row read and a row written in each."""
