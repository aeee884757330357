"""Torture tests: parts are killed and faults injected; no message may be lost or sent twice."""
