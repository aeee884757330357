"""The language of message texts: Liquid with bounds on time and memory. Knows no model."""
