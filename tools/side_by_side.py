"""Run the stages of `make test` side by side, and show each line with the name of its stage.

    python tools/side_by_side.py NAME 'COMMAND' ['THEN COMMAND' …] [-- NAME 'COMMAND' …] …

The commands of one stage run one after the other, whatever becomes of the first. Ends with 1 when one of them failed;
pytest's 5 (nothing was selected) counts as a failure only when every command said so.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time

NOTHING_SELECTED = 5


async def show(name: str, stream: asyncio.StreamReader) -> None:
    while line := await stream.readline():
        print(f"{name:>8} | {line.decode(errors='replace').rstrip()}", flush=True)


async def run(name: str, command: str, running: set[int]) -> int:
    started = time.monotonic()
    print(f"{name:>8} | $ {command}", flush=True)
    # A group of its own, so that what a test has started ends with it when the run is interrupted.
    process = await asyncio.create_subprocess_shell(
        command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True, limit=2**20
    )
    running.add(process.pid)
    assert process.stdout is not None
    await show(name, process.stdout)
    code = await process.wait()
    running.discard(process.pid)
    print(f"{name:>8} | ended with {code} after {time.monotonic() - started:.0f} s", flush=True)
    return code


async def stage(words: list[str], running: set[int]) -> list[int]:
    name, *commands = words
    return [await run(name, command, running) for command in commands]


def stages(words: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for word in words:
        if word == "--":
            found.append([])
        else:
            found[-1].append(word)
    return found


async def main(words: list[str]) -> int:
    running: set[int] = set()

    def interrupt(number: int) -> None:
        for pid in running:
            os.killpg(pid, number)

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupt, number)
    ended = await asyncio.gather(*(stage(one, running) for one in stages(words)))
    codes = [code for one in ended for code in one]
    return int(any(code not in (0, NOTHING_SELECTED) for code in codes) or set(codes) == {NOTHING_SELECTED})


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(sys.argv[1:])))
