"""Files that others wrote: opened without trusting what is in them."""
