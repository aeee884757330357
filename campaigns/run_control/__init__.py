"""The services that start and control runs and schedules, approve them, and send tests."""
