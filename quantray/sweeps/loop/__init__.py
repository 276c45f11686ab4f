"""The loop of a sampled search: ask, claim, evaluate, store, tell."""
