"""What a check of data found: on a terminal, as JSON, as a page."""
