"""Users who see only the accounts and lists of some labels and pools; all else is closed."""
