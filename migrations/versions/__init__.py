"""One file a step; each imports nothing of the product, so that history never breaks."""
