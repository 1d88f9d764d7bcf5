# Peers for the shim's tests, one port each: echo, the same over TLS, one that
# sends and closes, one that reads late, one that sends much at once.
import socket, ssl, sys, threading, time

def echo(c):
    while True:
        data = c.recv(65536)
        if not data:
            return
        c.sendall(data)

def bye(c):
    c.sendall(b'x' * 5000)

def late(c):
    time.sleep(1)
    total = 0
    while total < 200000:
        data = c.recv(65536)
        if not data:
            return
        total += len(data)
    c.sendall(b'%d' % total)
    c.recv(1)

def source(c):
    c.recv(1)
    for i in range(500):
        c.sendall(bytes([i % 256]) * 2000)
    c.recv(1)

def serve(handle, context=None):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if handle is late:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.bind(('127.0.0.1', 0))
    s.listen(8)
    def one(c):
        try:
            if context:
                c = context.wrap_socket(c, server_side=True)
            handle(c)
            c.close()
        except OSError:
            pass
    def forever():
        while True:
            c, _ = s.accept()
            threading.Thread(target=one, args=(c,), daemon=True).start()
    threading.Thread(target=forever, daemon=True).start()
    return s.getsockname()[1]

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + '/cert.pem', sys.argv[1] + '/key.pem')
free = socket.socket()
free.bind(('127.0.0.1', 0))
refused = free.getsockname()[1]
free.close()
ports = [serve(echo), serve(echo, context), serve(bye), serve(late), serve(source), refused]
print(*ports, flush=True)
sys.stdin.read()
