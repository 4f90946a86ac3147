"""For people at a desk: build the models, evaluate, compare, draw."""
