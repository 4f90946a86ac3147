"""Teach the lift network on rendered people, and ship it.

`python -m tools.lift_network MESH` invents people, renders and photographs them, teaches the
network, stores its weights as int8, and writes it with its card into models/. MESH is the packed
mesh of ICT-FaceKit (`person.Mesh` says what is in it); nothing of it is in this repository.
"""
