"""Pages of the console for tables: the import of a small one."""
