"""What an operator edits; these are the defaults that the wheel carries."""
