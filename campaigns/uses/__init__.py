"""What campaigns use and what uses them, for the check before a deletion or an archiving."""
