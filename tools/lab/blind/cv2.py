"""Stands for OpenCV in a machine in which nothing sees: everything is there and does nothing."""


class _Nothing(int):
    def __call__(self, *_: object) -> "_Nothing":
        return self

    def __getattr__(self, name: str) -> "_Nothing":
        if name.startswith("__"):
            raise AttributeError(name)
        return self


def __getattr__(name: str) -> _Nothing:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Nothing()
