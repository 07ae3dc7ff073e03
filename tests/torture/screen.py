"""The explorer in a pseudo-terminal, for torture.py."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from pathlib import Path


class Screen:
    """The explorer in a pseudo-terminal."""

    def __init__(self, torture, arguments):
        self.begun, self.shown, self.status = time.monotonic(), b"", None
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(torture.folder)
            os.execve(torture.binary, [torture.binary, *map(str, arguments)], torture.environment)
        os.set_blocking(self.terminal, False)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))

    def read(self, seconds=0.002):
        """Reads what there is, waiting so long for it at most."""
        if select.select([self.terminal], [], [], seconds)[0]:
            try:
                self.shown += os.read(self.terminal, 1 << 16)
            except OSError:
                pass

    def wait(self, word, seconds):
        """Waits for a word that is drawn from now on; how long that took."""
        begun, place = time.monotonic(), len(self.shown)
        while word not in self.shown[place:]:
            self.read()
            if time.monotonic() - begun > seconds or self.has_ended():
                return None
        return time.monotonic() - begun

    def write(self, keys):
        """Writes as much as the terminal takes without waiting."""
        try:
            os.write(self.terminal, keys)
        except OSError:
            pass

    def signal(self, number):
        os.kill(self.process, number)

    def has_ended(self):
        if self.status is None:
            ended, status = os.waitpid(self.process, os.WNOHANG)
            self.status = status if ended else None
        return self.status is not None

    def peak(self):
        """Most resident memory in MiB."""
        lines = Path(f"/proc/{self.process}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

    def close(self, row, what):
        """Ends it if it has not ended, counts signals and terminals that were not given back."""
        if not self.has_ended():
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
            row.count("hung", f"{what}: {self.shown[-80:]}")
            os.close(self.terminal)
            return
        while select.select([self.terminal], [], [], 0.2)[0]:
            try:
                self.shown += os.read(self.terminal, 1 << 16)
            except OSError:
                break
        os.close(self.terminal)
        if os.WIFSIGNALED(self.status):
            row.count("crashed", f"{what}: it was ended by signal {os.WTERMSIG(self.status)}")
        if self.shown.rfind(b"\x1b[?1049l") < self.shown.rfind(b"\x1b[?1049h"):
            row.count("lost", f"{what}: the terminal was not given back")
