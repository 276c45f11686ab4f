"""Statistics of a search: what luck would have given, what is left of the best, and the verdict."""
