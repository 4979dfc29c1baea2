"""A web server with ranges that can be told to lie.

usage: range-server.py FOLDER PORT MODE_FILE LOG CDN

MODE_FILE holds `MODE [SKIP [VALUE]]`: how it behaves, and how many requests from the file's last
change on are answered well before. LOG gets a line of each request:
CLIENT HOST PATH RANGE IF_RANGE AUTHORIZATION PORT, `-` for none; PORT is the client's. CDN is another
host that has the file, or another name of this one. Prints `port PORT` once it listens.
"""

import os
import re
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER, PORT, MODE_FILE, LOG, CDN = sys.argv[1:6]
LOCK = threading.Lock()
COUNT = {"mode": None, "requests": 0}
ETAG = '"e-1\\2"'


def mode():
    with LOCK:
        text = open(MODE_FILE).read()
        if text != COUNT["mode"]:
            COUNT["mode"], COUNT["requests"] = text, 0
        COUNT["requests"] += 1
        words = text.split() + ["0", "0"]
        is_well = COUNT["requests"] <= int(words[1])
        return ("good" if is_well else words[0]), int(words[2]), COUNT["requests"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def note(self):
        words = [self.client_address[0], self.headers.get("Host", "-"), self.path]
        words += [
            (self.headers.get(name) or "-").replace(" ", "_")
            for name in ["Range", "If-Range", "Authorization"]
        ]
        words.append(str(self.client_address[1]))
        with LOCK, open(LOG, "a") as log:
            log.write(" ".join(words) + "\n")

    def plain(self, status, headers=()):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self):
        self.note()
        name, value, number = mode()
        place = self.path.split("?")[0]
        if name == "status":
            return self.plain(value)
        if name == "busy" and number <= value:
            return self.plain(429, [("Retry-After", "1")])
        if name == "loop":
            return self.plain(302, [("Location", self.path)])
        if name == "file":
            return self.plain(302, [("Location", "file:///etc/passwd")])
        if name == "redirect" and not place.startswith("/cdn/"):
            return self.plain(302, [("Location", self.elsewhere()), ("ETag", 'W/"other"')])
        if name == "bearer" and not place.startswith("/cdn/"):
            if self.headers.get("Authorization") != "Bearer hf_secret":
                return self.plain(401)
            return self.plain(302, [("Location", self.elsewhere())])
        if name == "endless":
            return self.endless()
        if name == "garbage":
            self.wfile.write(b"\0\1\2" * 1000)
            self.close_connection = True
            return None
        path = FOLDER + "/" + os.path.basename(place)
        if not os.path.isfile(path):
            return self.plain(404)
        return self.give(path, name, value, number)

    def elsewhere(self):
        return "http://%s:%d/cdn%s" % (CDN, self.server.server_address[1], self.path)

    def endless(self):
        self.wfile.write(b"HTTP/1.1 206 Partial Content\r\n")
        self.close_connection = True
        try:
            while True:
                self.wfile.write(b"X-A: b\r\n" * 1000)
        except OSError:
            pass

    def give(self, path, name, value, number):
        size = os.path.getsize(path)
        etag = ETAG
        if name in ("changes", "lies"):
            etag = '"e-2"'
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
        condition = self.headers.get("If-Range")
        is_part = found and name != "whole" and (
            name == "lies" or condition is None or condition == etag)
        first, last = (int(found[1]), min(int(found[2]), size - 1)) if is_part else (0, size - 1)
        self.send_response(206 if is_part else 200)
        if name == "weak":
            self.send_header("ETag", "W/" + etag)
        elif name != "none":
            self.send_header("ETag", etag)
        if is_part:
            shift = 1 if name == "other" else 0
            total = size + 1 if name == "grown" else size
            self.send_header(
                "Content-Range", "bytes %d-%d/%d" % (first + shift, last + shift, total))
        length = last - first + 1
        more = 100 if name == "long" else -100 if name == "less" else 0
        if name == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        elif name != "unsaid":
            self.send_header("Content-Length", str(length + more))
        if name in ("break", "once", "unsaid"):
            self.send_header("Connection", "close")
        self.end_headers()
        self.send_bytes(path, first, length + more, name, value, number)

    def send_bytes(self, path, first, left, name, value, number):
        stops = name == "break"
        if stops:
            left = min(left, value)
        try:
            with open(path, "rb") as file:
                file.seek(first)
                while left > 0:
                    piece = file.read(min(left, 1 << 16)) or b"\0" * min(left, 1 << 16)
                    if name == "flipped":
                        piece = bytes(255 - byte for byte in piece)
                    if name == "chunked":
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    else:
                        self.wfile.write(piece)
                    left -= len(piece)
                    if name == "slow":
                        time.sleep(len(piece) / value)
                if name == "chunked":
                    self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True
        if stops:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)


server = ThreadingHTTPServer(("0.0.0.0", int(PORT)), Handler)
print("port %d" % server.server_address[1], file=sys.stderr, flush=True)
server.serve_forever()
