"""The worker process: its row, its lanes, its inbox rounds, and the loop that controls them."""
