"""``python -m sims.standin``: run the stand-in autopilot."""

import argparse
import inspect
import os
import signal
import sys
from collections.abc import Sequence

from sims.standin import board, sitl
from sims.standin.autopilot import Autopilot
from sims.standin.console import tell
from sims.standin.parameters import BadParameterError, Parameters
from sims.standin.ports import Port, PortError, SerialPort, UdpPort
from sims.standin.rules import RULES, UnknownRuleError, make_rules

WRONG_INPUT = 2
LAST_INSTANCE = 249
"""Its system id is one more, and ids from 251 up are other systems'."""


def main(arguments: Sequence[str] | None = None, program: str = "python -m sims.standin") -> int:
    """Run until the simulator goes or SIGTERM comes; the exit code."""
    asked = _parser(program).parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        return _run(asked)
    except (BadParameterError, PortError, UnknownRuleError) as error:
        sys.stderr.write(f"error: {error}\n")
        return WRONG_INPUT
    except KeyboardInterrupt:
        return 130


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="A stand-in for PX4: speaks its protocol, flies by itself, and says who it is.",
        epilog=_rules(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-i",
        "--instance",
        type=_instance,
        default=0,
        help="added to all ports; system id is one more",
    )
    line = parser.add_mutually_exclusive_group()
    line.add_argument("--serial", metavar="DEVICE", help="be a HITL board on a serial device")
    line.add_argument(
        "--pty", action="store_true", help="be a HITL board on a new pseudo-terminal, and tell it"
    )
    line.add_argument("--udp", metavar="OURS:THEIRS", help="be a HITL board on UDP ports")
    parser.add_argument(
        "--rule",
        metavar="NAME[=VALUE]",
        action="append",
        default=[],
        help="what goes wrong, repeatable; listed below",
    )
    parser.add_argument("--seed", type=int, default=0, help="for what rules leave to chance")
    return parser


def _rules() -> str:
    """All rules, each with what it does."""
    lines = ["rules:"]
    for name, rule in sorted(RULES.items()):
        told = inspect.cleandoc(rule.__doc__ or "").splitlines()
        lines += [f"  {name}", *(f"      {line}" for line in told if line)]
    return "\n".join(lines)


def _instance(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > LAST_INSTANCE:
        raise argparse.ArgumentTypeError(f"an instance is 0 to {LAST_INSTANCE}, not {text!r}")
    return int(text)


def _run(asked: argparse.Namespace) -> int:
    parameters = Parameters(os.environ)
    rules = make_rules(asked.rule, asked.seed)
    autopilot = Autopilot(parameters, asked.instance + 1)
    for rule in rules:
        rule.prepare(autopilot)
    tell("standin", f"Stand-in autopilot, not PX4; system id {autopilot.system_id}")
    for name in parameters.unknown:
        tell("param", f"{name} is no parameter of the stand-in's", "WARN")
    port = _line(asked)
    if port is None:
        sitl.fly(autopilot, asked.instance, rules)
    else:
        parameters.set("SYS_HITL", 1)
        board.fly(autopilot, port, rules)
    return 0


def _line(asked: argparse.Namespace) -> Port | None:
    """The line of a board, if it is to be one."""
    if asked.udp:
        ours, _, theirs = asked.udp.partition(":")
        try:
            return UdpPort(int(ours), int(theirs))
        except ValueError as error:
            raise PortError(f"--udp {asked.udp}: give two ports, OURS:THEIRS") from error
    if asked.serial or asked.pty:
        port = SerialPort(asked.serial)
        tell("mavlink", f"board on {port.path}")
        return port
    return None


if __name__ == "__main__":
    sys.exit(main())
