"""Asks a URL from several threads, each request on a connection of its own, until /tmp/end is there.

Prints how many were answered, how many were not, and why the first was not.
"""
import os
import sys
import threading
import urllib.request

url, workers = sys.argv[1], int(sys.argv[2])
lock = threading.Lock()
served, failed = 0, []


def work():
    global served
    while not os.path.exists("/tmp/end"):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                answer.read()
            with lock:
                served += 1
        except OSError as error:
            with lock:
                failed.append(repr(error))
            return


threads = [threading.Thread(target=work) for _ in range(workers)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{served} answered, {len(failed)} not", *failed[:1])
