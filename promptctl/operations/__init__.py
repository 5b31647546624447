"""One journey per file; they return values and print nothing."""
