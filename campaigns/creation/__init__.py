"""Creating campaigns and reading their schedules."""
