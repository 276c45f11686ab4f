"""YAML and the command line -> a checked plan. The only place that knows Hydra."""
