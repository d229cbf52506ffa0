"""The meaning of each platform: what to ask it, and how to read its answers. Pure."""
