"""The log leaves the device: tables, a report and a copy of the journal on a stick, and back."""
