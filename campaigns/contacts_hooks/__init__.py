"""Who a campaign is for, and what campaigns know of a person or a list."""
