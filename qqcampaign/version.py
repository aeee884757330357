"""The version. Each worker stores it in its row."""

VERSION = "0.1.0"
