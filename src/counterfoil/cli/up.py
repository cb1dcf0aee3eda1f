"""`counterfoil up`: run the whole loop until it is told to stop."""

from __future__ import annotations

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.words import Text

EPILOG = """\b
Examples:
  counterfoil up
  counterfoil up --lab
  counterfoil up --zone Europe/Berlin --data /tmp/berlin
  counterfoil up --timers 1,2,5 --data /tmp/lab --json
"""


@click.command(epilog=EPILOG)
@click.option("--timers", metavar="ISSUER,SWITCH,TERMINAL", help="Time-outs in seconds, nested [default: 5,12,30].")
@click.option("--lab", is_flag=True, help="Allow faults: `fault`, `day --faults` and the console's fault lab.")
@click.option(
    "--zone",
    metavar="NAME",
    help="In which people read times and days begin, chosen once: a name of the tz database [default: Asia/Shanghai].",
)
@verb
def command(session: Session, timers: str | None, lab: bool, zone: str | None) -> int:
    """Run the terminals, the switch and two issuers; stop with Ctrl-C."""
    if timers is not None and len(timers.split(",")) != 3:
        text = Text("--timers wants three numbers: ISSUER,SWITCH,TERMINAL", "--timers 需要三个数：发卡行,交换中心,终端")
        raise Failure(Exit.USAGE, "usage", text)
    from counterfoil.console.serve import serve
    from counterfoil.stack.supervisor import run

    sale = session.typed("sale --amount 12.50 --card alice --pin 1234")
    return run(session.data, timers=timers, lab=lab, zone=zone, json=session.json, console=serve, sale=sale)
