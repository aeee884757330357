"""Writing texts: templates with their languages and versions, snippets, checks and previews."""
