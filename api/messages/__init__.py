"""One message of a program to one person: sent, looked at, cancelled when it is too old."""
