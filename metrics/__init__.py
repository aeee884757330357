"""What each process counts in memory, and the figures of all processes together."""
