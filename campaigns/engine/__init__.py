"""The engine: lanes that send, the ledger that remembers, the runtime of a worker process."""
