"""Making and finding campaigns, and reading their schedules."""
