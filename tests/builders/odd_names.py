"""Names that a parser of YAML or of a shell would take for something else."""

WORDS = ("on", "No", "yes", "~x", "007", "12:30", "1_000", "1e3", "0x1F", "2025-01-01", "true", ".5", "null_",
         "wolf\u2028pack",
         "\u0085x", "\U0001f480 y", "\ue000")  # fmt: skip
