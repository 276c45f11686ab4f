"""The complete table: every point of a finite space, each evaluated once."""
