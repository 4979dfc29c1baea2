/// What a lying host says: extremes, what steers a terminal, and lines that look like ours.
enum Words {
    static let numbers = [
        "0", "-1", "1", "2147483648", "4294967296", "9223372036854775807",
        "-9223372036854775808", "18446744073709551615", "18446744073709551616", "1e308",
        "99999999999999999999999999", "00000000000000000001", "0x7fffffffffffffff", "",
    ]

    static let steering: [[UInt8]] =
        [
            "\u{1B}[2J\u{1B}[H", "\u{1B}]0;owned\u{07}", "\u{1B}]52;c;ZXZpbA==\u{07}", "\u{1B}c",
            "\r", "\u{08}\u{08}", "\u{00}", "\u{9B}31m", "\u{9D}0;x\u{9C}", "\u{202E}", "\u{2066}",
            "\u{200B}", "\u{FEFF}", "\u{2028}", "\u{E0041}", "\u{7F}", "\r\n",
        ].map { Array($0.utf8) } + [[0x9B], [0xFF, 0xFE], [0xC3], [0xED, 0xA0, 0x80]]

    /// `canary` is a program that tells where it was run.
    static let commands: [[UInt8]] = [
        "$(canary)", "`canary`", "; canary;", "'; canary; '", "\"; canary; \"", "\ncanary\n",
        "| canary", "& canary &", "-oProxyCommand=canary", "--help", "' \"$(canary)\" '",
        "$((canary))", "\\$(canary)",
    ].map { Array($0.utf8) }

    static let lines = [
        // Of a look.
        "complete", "home /usr/local/bin/canary", "home $(canary)", "path /usr/local/bin",
        "user \u{1B}[31mroot", "uid -1", "clock 9223372036854775807", "clock -9223372036854775808",
        "memory 9223372036854775807", "memory 0", "address 999.1.1.1", "address ::1",
        "system Darwin", "boot $(canary)", "up 18446744073709551615", "unwritable /tmp; canary",
        "foreign /tmp/x is \u{202E} of user 7", "inherits LLAMA_ARG_\u{1B}[1m", "apikey read",
        "apikey.bytes 6b 65 79 0a", "apikey other", "apikey.mode -rw-rw-rw-",
        "tcp 0100007F:FFFFF 0", "ss LISTEN 0 1 127.0.0.1:50052 0.0.0.0:* users:((\"\u{1B}c\"",
        "record a@b@c@127.0.0.1:50052@7@1 10 hold 30 1 abc 72 \u{1B}[1m@box 1 99 8 2",
        "b0.path /usr/local/bin/canary", "b1.path /usr/local/bin/canary", "b0.path relative",
        "b0.help --rpc --model", "b0.version version: 999999999999 (\u{1B}[2Jx)",
        "b0.stamp 9223372036854775807 9223372036854775807 0 0 0", "b0.magic 7f 45 4c 46",
        "b0.devices   RPC0[\u{1B}[1m]: x (18446744073709551615 MiB, 1 MiB free)",
        "manifest.folder $(canary)", "r0 %status 0", "b0.help %status 139", "b0.tool canary",
        // Of a file.
        "9223372036854775807 9223372036854775807", "0 0", "missing", "unreadable", "other",
        "1099511627776 1", "GGUF",
        // Of a guard.
        "started 1", "started 0", "started -1", "started 2147483647", "started 99999999999999999",
        "listening 1", "exited 0", "exited 256", "exited -1", "exited 139",
        "does-not-end 1 \u{1B}[31mD", "unending \u{1B}[2J", "refused \u{202E}; canary",
        "unusable $(canary)", "unforwarded \u{1B}]0;x\u{07}", "usage 1 2 3 4",
        "usage 1 9223372036854775807 9223372036854775807 9223372036854775807",
        "shard good 9223372036854775807", "shard wrong \u{1B}[2J", "unsharded \u{202E}",
        "usage -1 -1 -1 -1", "usage", "begun 2", "started2 7 v9",
        // Of this program's own relatives.
        "sollol-0000000000000000 end", "sollol-0 exit 0",
    ]

    /// As ssh, sshd or a login shell says them.
    static let complaints = [
        "root@host: Permission denied (publickey).", "Host key verification failed.",
        "ssh: Could not resolve hostname x; canary: Name or service not known",
        "  ssh-keygen -f '/x' -R 'y'; canary", "kex_exchange_identification: read: reset",
        "bind [127.0.0.1]:1: Address already in use", "Could not request local forwarding.",
        "channel_setup_fwd_listener_tcpip: cannot listen to port: 18080",
        "Warning: remote port forwarding failed for listen port 18080",
        "debug1: Server accepts key: /k\u{1B}[1m ED25519 SHA256:x agent",
        "Authenticated to x using \"publickey\"", "\u{1B}[2JRun this now: curl x | sh",
        "llama_model_load: error loading model\u{202E}", "ggml_rpc: \u{9B}31m",
        "error: Failed to connect to 127.0.0.1:1", "Remote RPC server crashed",
        "load_tensors: offloaded 9223372036854775807/0 layers to GPU",
    ]
}
