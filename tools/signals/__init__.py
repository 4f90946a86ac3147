"""What S, the cheeks and the signal fused of both see, against the truth: tables and plots."""
