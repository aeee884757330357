"""What conversations add to a person: a section of the page, and erasure."""
