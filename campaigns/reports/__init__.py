"""What a run did and what it waits for: explanations, reports, exports."""
