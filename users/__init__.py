"""The people who operate the console: their roles, and the commands that keep them."""
