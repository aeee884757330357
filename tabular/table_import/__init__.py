"""Imports of small tables through django-import-export: preview, confirm, all or nothing.

A `TableResource` declares which columns a file may have; `plan_import` reads a file as a list of
changes and writes nothing; `write_import` writes a plan in one transaction.
"""
