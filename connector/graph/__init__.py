"""The wire: facebook-sdk over our own requests session → answers, usage, errors. Knows no stream, no store."""
