"""Upgrading to a newer version while runs go on."""
