"""The log of requests: each is noted in memory after its answer, and written with others."""
