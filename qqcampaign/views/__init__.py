"""The console's own pages: what belongs to no single model."""
