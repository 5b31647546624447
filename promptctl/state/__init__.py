"""What lives outside the repository."""
