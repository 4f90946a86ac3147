"""The guide for the person in bed, device/panel/guide.html: `python -m tools.guide`."""
