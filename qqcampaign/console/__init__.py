"""The console's shell: navigation and the front page."""
