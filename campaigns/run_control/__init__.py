"""What an operator does to a run: start, pause, resume, cancel, retry, resolve."""
