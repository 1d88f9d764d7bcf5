/**
 * The program that opens a pty for us: Node has no ioctl to unlock one. Python is on every machine that the tests run on, and
 * needs no compiler, which npm's packages for ptys do on Linux.
 *
 * Its argument is the speed that the line has at first. Its first line on standard output is the path. Then come frames: a line of
 * three numbers, `speed taken length`, and `length` bytes that a client wrote at `speed` (0: one without a name). `taken` is how many
 * of our bytes the kernel has taken for the client since the last frame. It ends with its standard input, so it cannot outlive us, and leaves
 * signals to us, so that a Ctrl-C does not take the line away before we are done.
 */
export const PTY_HELPER = `
import fcntl, os, pty, select, signal, sys, termios, tty

for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTTOU):
    signal.signal(name, signal.SIG_IGN)
speeds = {getattr(termios, name): int(name[1:]) for name in dir(termios) if name[0] == "B" and name[1:].isdigit()}
# The client's end stays open here too: without any client a pty answers EIO.
ours, theirs = pty.openpty()
tty.setraw(theirs)
settings = termios.tcgetattr(theirs)
for code, speed in speeds.items():
    if speed == int(sys.argv[1]):
        settings[4] = settings[5] = code
termios.tcsetattr(theirs, termios.TCSANOW, settings)
os.set_blocking(ours, False)

def say(data):
    while data:
        data = data[os.write(1, data):]

def frame(taken, data):
    say(b"%d %d %d\\n" % (speeds.get(termios.tcgetattr(theirs)[5], 0), taken, len(data)) + data)

say(os.fsencode(os.ttyname(theirs)) + b"\\n")
waiting = b""
try:
    while True:
        ready, free, _ = select.select([ours, 0], [ours] if waiting else [], [], 1)
        if not ready:
            # A client that wanted the line for itself may have left it so; the next one may have it.
            fcntl.ioctl(theirs, termios.TIOCNXCL)
        try:
            if ours in ready:
                frame(0, os.read(ours, 4096))
            if free:
                taken = os.write(ours, waiting)
                waiting = waiting[taken:]
                frame(taken, b"")
        except BlockingIOError:
            pass
        if 0 in ready:
            more = os.read(0, 4096)
            if not more:
                break
            waiting += more
except OSError:
    # Nobody reads us any more.
    pass
`
