"""What conversations add to a person: erasure."""
