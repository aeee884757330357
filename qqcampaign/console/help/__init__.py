"""The pages of docs/ in the console: read, searched, and opened at the section of a page."""
