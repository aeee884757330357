"""The schedule of a repeated campaign: its rule, its dates, and their wording."""
