"""What each kind of old data is, and how some of it is removed."""
