"""Running batches: the driver's state machine, and the places where batches are evaluated."""
