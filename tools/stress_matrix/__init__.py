"""The stress matrix: what a bedroom does to a picture, done to clips whose truth is known."""
