"""The virtual lab: the device's own files on real kernel interfaces, without a Raspberry Pi."""
