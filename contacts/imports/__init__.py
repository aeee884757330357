"""Importing contacts: from the uploaded file to the list, resumable and reversible."""
