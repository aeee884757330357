"""What `manage.py campaign` and `manage.py sequence` read and print, one module per capability."""
