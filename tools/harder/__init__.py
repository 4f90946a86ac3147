"""Make harder versions of annotated clips: `python -m tools.harder CLIPS OUT [NAME ...]`."""
