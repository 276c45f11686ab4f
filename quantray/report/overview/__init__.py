"""The studies of a multirun side by side: on a terminal, and as a page that links to each report."""
