"""The console's web server: waitress, with deadlines for slow clients and limits on uploads."""
