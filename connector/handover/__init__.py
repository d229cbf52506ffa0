"""Tickets in the words of other applications: Open311 GeoReport v2 and SP4N-LAPOR!. Pure; see docs/integration.md."""
