"""Runs a command and prints what it took, as one line of JSON.

python run_measured.py COMMAND ARGUMENT ...

The peak is that of the largest process among the command and what it waited for.
"""

import json
import resource
import subprocess
import sys
import time

begin = time.perf_counter()
completed = subprocess.run(sys.argv[1:], capture_output=True, text=True)
seconds = time.perf_counter() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
if completed.returncode != 0:
    sys.stderr.write(completed.stderr or completed.stdout)
    raise SystemExit(f"Error: {sys.argv[1]} ended with {completed.returncode}")
kilobytes = used.ru_maxrss / 1024 if sys.platform == "darwin" else used.ru_maxrss
print(
    json.dumps(
        {
            "seconds": seconds,
            "peakMegabytes": kilobytes / 1024,
            "cpuSeconds": used.ru_utime + used.ru_stime,
        }
    )
)
