"""Tests of what processes count."""
