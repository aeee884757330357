"""What `manage.py users` reads and prints, one module per action."""
