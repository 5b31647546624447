"""Values in, values out: no files, git, network, clock, environment or terminal."""
