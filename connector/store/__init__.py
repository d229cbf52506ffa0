"""SQL by SQLAlchemy Core: one module a table family, functions over a connection."""
