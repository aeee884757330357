"""Creating campaigns and sequences: an operator's choices are read, checked and stored."""
