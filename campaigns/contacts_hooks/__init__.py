"""What campaigns add to contacts, registered at start-up: conditions, list usage, person data."""
