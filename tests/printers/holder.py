"""A process that prints one receipt and is killed over it: `python -m printers.holder PORT FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from counterfoil.links.printing import put_alone
from counterfoil.links.uses import Uses
from printers.desk import receipt
from printers.lines import JOB, SLOW, gs_r

put_alone(receipt(), gs_r(int(sys.argv[1])), SLOW, Uses(Path(sys.argv[2])), JOB)
