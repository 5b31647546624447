"""The repository: the working tree, git, and the schemas that ship with us."""
