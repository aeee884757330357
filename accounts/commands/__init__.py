"""The parts of the command `accounts` that are more than parsing and printing."""
