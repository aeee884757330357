"""Tests of `clocks`."""
