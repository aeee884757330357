"""What `manage.py accounts` shares with its command."""
