"""Many hosts: workers that die, hang, are cut off, drain, and what becomes of their accounts."""
