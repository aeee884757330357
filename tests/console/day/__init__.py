"""A day at the console: rooms say how a page is used, chapters what is done and seen there."""
