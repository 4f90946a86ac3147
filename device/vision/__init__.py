"""From a `Frame` to a `LiftSample`: detect the face, follow its landmarks, measure the lift."""
