"""What campaigns add to contacts, registered at start-up: conditions and data of a person."""
