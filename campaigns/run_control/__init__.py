"""The services that control a run: start, pause, resume, cancel, retry, resolve."""
