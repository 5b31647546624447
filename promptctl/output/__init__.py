"""Values to text; one file per kind of value."""
