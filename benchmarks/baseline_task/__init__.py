"""The usual way to send with Celery: one task per message, which reads and writes one row."""
