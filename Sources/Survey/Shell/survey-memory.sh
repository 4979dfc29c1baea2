# Memory that new processes can have, in KiB.
if [ -r /proc/meminfo ]; then
    sed -n 's/^MemAvailable: *\([0-9]*\) kB/memory \1/p' /proc/meminfo;
else
    vm_stat 2>/dev/null |
        awk '/page size of/ { s = $8 }
            /^Pages (free|inactive|speculative|purgeable)/ { n += $NF }
            END { printf "memory %d\n", n * s / 1024 }';
fi;
