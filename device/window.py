"""A window that shows pictures, by Tk: it comes with Python and stands in nobody's way.

OpenCV's own window would need another OpenCV in the place of the one that the device has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from device.drawing import Picture
from device.errors import CallerError

_CURE = "use --record OUT.mp4 instead"


class Window:
    """One picture at a time; belongs to the thread that made it.

    `when_closed` is called, from `show`, when somebody closes the window. Raises CallerError if
    there is no Tk or no screen.
    """

    def __init__(self, title: str, when_closed: Callable[[], None]) -> None:
        try:
            import tkinter as tk  # noqa: PLC0415  (some systems ship it apart from Python)
        except ImportError:
            raise CallerError(
                f"a window needs Tk, which this Python lacks: `sudo apt install python3-tk`, or "
                f"{_CURE}."
            ) from None
        try:
            self._root = tk.Tk()
        except tk.TclError as error:
            raise CallerError(
                f"no window can be opened here ({error}): run it on a desktop, or {_CURE}."
            ) from error
        self._new_image: Callable[..., Any] = tk.PhotoImage
        self._image: Any = None
        self._label = tk.Label(self._root, borderwidth=0)
        self._label.pack()
        self._root.title(title)
        self._open = True
        self._when_closed = when_closed
        self._root.protocol("WM_DELETE_WINDOW", self._closed)
        for key in ("q", "<Escape>"):
            self._root.bind(key, lambda _: self._closed())

    def show(self, picture: Picture) -> None:
        """Show an RGB picture, and attend to what a person does to the window."""
        if not self._open:
            return
        height, width = len(picture), len(picture[0])
        data = b"P6 %d %d 255\n" % (width, height) + picture.tobytes()
        # Kept, or Tk would forget it before it is drawn.
        self._image = self._new_image(data=data, format="ppm")
        self._label.configure(image=self._image)
        self._root.update()

    def close(self) -> None:
        """Take the window away; may be called twice."""
        if self._open:
            self._open = False
            self._root.destroy()

    def _closed(self) -> None:
        self.close()
        self._when_closed()
