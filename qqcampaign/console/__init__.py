"""The shell of the console: navigation, overview, operators and roles, health checks, formats."""
