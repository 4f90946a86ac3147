"""Where the installer puts LiftLight (firmware_config/install.sh), below a machine's root."""

from __future__ import annotations

import os
from pathlib import Path

SERVICE = "liftlight.service"
NO_DATA_SERVICE = "liftlight-no-data.service"
USER = "liftlight"
DATA = Path("/data/liftlight")

ACTIVE = Path("opt/liftlight/.active")
"""There once an installation came to its end; what it did takes effect at the next start."""
MAINTENANCE = Path("run/liftlight-maintenance")
"""There in a boot for maintenance: root is writable, and LiftLight stays off."""

_UNITS = Path("etc/systemd/system")


def is_installed(root: Path = Path("/")) -> bool:
    """Whether the installer made this machine into the device; false at a desk."""
    return (root / _UNITS / SERVICE).exists()


def default_data() -> Path:
    """Return the data folder that is meant when none is named."""
    return DATA if is_installed() else own_data()


def own_data() -> Path:
    """Return the data folder of whoever sits at this desk."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "liftlight"
