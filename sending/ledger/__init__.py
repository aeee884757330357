"""The ledger: marks and results of all lanes in a process, committed in groups (rule 3)."""
