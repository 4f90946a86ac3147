"""Commands for those who develop LiftLight: build the models, evaluate, compare, draw."""
