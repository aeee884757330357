"""Values as people write them, read as a number, a date or yes or no. Knows no model."""
