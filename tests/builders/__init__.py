"""What tests build: markets, tables of calls, plans, results."""
