"""Copies of the database: SQLite by its backup API, PostgreSQL by pg_dump and pg_restore."""
