"""The stages of a run: tables, scores, ranking, winners."""
