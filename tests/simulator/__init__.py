"""A deterministic simulator: one seed is one schedule of a world, its readers and everything that goes wrong."""
