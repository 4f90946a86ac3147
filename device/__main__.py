"""`python -m device` is `liftlight`."""

import sys

from device.cli import main

sys.exit(main())
