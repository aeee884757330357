"""The ledger: commits the marks and results of all lanes of a process in groups (rule 3)."""
