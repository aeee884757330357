"""The version, for people and for the row that each worker writes about itself."""

VERSION = "0.1.0"
