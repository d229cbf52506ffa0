"""What a citizen is answered, when, and by which way; and what becomes of an answer that was not taken. Pure."""
