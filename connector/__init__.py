"""NTB Care Connector: complaints on Facebook Pages become tickets in NTB Care."""

__version__ = "0.1.0"
