"""What `manage.py campaign` reads and prints."""
