"""A process that writes a journal until it is killed, telling each acknowledged sequence on its output."""

import sys
import time
from pathlib import Path

from exchange.matching.engine import Engine
from exchange.spine.journal import Journal
from exchange.spine.sequencer import Sequencer
from exchange.vocabulary.commands import Clock


def main(folder: Path) -> None:
    journal = Journal.open(folder, segment_bytes=1 << 16)
    engine = Engine()
    for commands in journal.read(0):
        engine.apply(commands)
    sequencer = Sequencer(engine, journal, time.time_ns, [], lambda failure: sys.exit(repr(failure)))
    sequencer.start()
    tick = Clock(actor=1).encode()
    while True:
        waiting = [sequencer.submit(tick * size) for size in (1, 7, 30, 2)]
        for each in waiting:
            reply = each.result()
            sys.stdout.write(f"{reply.first_sequence + len(reply.events) - 1}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
