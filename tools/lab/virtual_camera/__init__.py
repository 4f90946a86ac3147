"""The real picamera2 and libcamera, with a folder of pictures for a sensor."""
