import Basics
import Remote

extension SurveyReport {
    /// Who listens on a port so that nothing else can listen on this address of it.
    package func listener(on address: String, port: Int) -> Listener? {
        let isWild = { (address: String) in address == "0.0.0.0" || address == "::" }
        return listeners.first {
            $0.port == port
                && ($0.address == address || isWild($0.address) || isWild(address))
        }
    }

    /// The record of a server that has this address of a port.
    func record(on endpoint: Endpoint) -> GuardRecord? {
        records.first {
            $0.endpoint.port == endpoint.port
                && [$0.endpoint.host, "0.0.0.0"].contains(endpoint.host)
                || $0.endpoint == Endpoint(host: "0.0.0.0", port: endpoint.port)
        }
    }

    // MARK: Reading

    /// `0100007F:C384 1000` of Linux's /proc/net/tcp, `127.0.0.1.50052` of a BSD's netstat.
    mutating func takeListener(_ value: String) {
        let parts = value.split(separator: " ")
        guard let local = parts.first else { return }
        let listener =
            parts.count == 2
            ? Self.hexadecimal(local).map { address, port in
                Listener(address: address, port: port, holder: Self.program(ofUser: parts[1]))
            }
            : Self.dotted(local).map { Listener(address: $0, port: $1) }
        if let listener { add(listener) }
    }

    private mutating func add(_ listener: Listener) {
        if listeners.count < Bounds.hostEntries { listeners.append(listener) }
    }

    private static func hexadecimal(_ text: Substring) -> (String, Int)? {
        let parts = text.split(separator: ":")
        guard parts.count == 2,
            let port = Outside.number(parts[1], in: Outside.port, radix: 16),
            [8, 32].contains(parts[0].utf8.count)
        else { return nil }
        let last = parts[0].suffix(8)
        let rest = parts[0].dropLast(8)
        // IPv6: the wildcard, and IPv4 in its clothes; others concern no IPv4 port.
        let isMapped = rest == "0000000000000000FFFF0000"
        let isWild = rest.allSatisfy { $0 == "0" } && last == "00000000"
        guard rest.isEmpty || isMapped || isWild, let word = UInt32(last, radix: 16) else {
            return nil
        }
        let bytes = [0, 8, 16, 24].map { String(word >> $0 & 0xff) }
        return (bytes.joined(separator: "."), port)
    }

    private static func dotted(_ text: Substring) -> (address: String, port: Int)? {
        guard let mark = text.lastIndex(where: { $0 == "." || $0 == ":" }),
            let port = Outside.number(text[text.index(after: mark)...], in: Outside.port)
        else { return nil }
        var address = String(text[..<mark].prefix { $0 != "%" })
        if ["*", "[::]", "0.0.0.0"].contains(address) { return ("0.0.0.0", port) }
        if address.hasPrefix("[::ffff:"), address.hasSuffix("]") {
            address = String(address.dropFirst("[::ffff:".count).dropLast())
        }
        return AddressRange.isNumericIPv4(address) ? (address, port) : nil
    }

    /// A line of `ss -ltnpeH`: `LISTEN 0 5 127.0.0.1:50052 0.0.0.0:* users:(("rpc-server",pid=71,
    /// fd=3)) uid:1000 ino:…`. Processes of others are not shown, nor is the uid of root.
    mutating func takeSocket(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count > 4, words[0] == "LISTEN", let local = Self.dotted(words[3]) else {
            return
        }
        let quoted = line.split(separator: "\"", omittingEmptySubsequences: false)
        let uid = words.first { $0.hasPrefix("uid:") }?.dropFirst("uid:".count) ?? "0"
        var holder = Self.program(ofUser: uid)
        if quoted.count >= 3 {
            let pid = quoted[2].dropFirst(",pid=".count).prefix { $0 != "," }
            holder = Self.program(quoted[1], pid: pid)
        }
        add(Listener(address: local.address, port: local.port, holder: holder))
    }

    /// A line of `lsof -nP -iTCP -sTCP:LISTEN`.
    mutating func takeHolder(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count > 8, let local = Self.dotted(words[8]) else { return }
        if holders[local.port] == nil {
            holders[local.port] = Self.program(words[0], pid: words[1])
        }
    }

    private static func program(ofUser uid: Substring) -> String {
        "a program of user \(Outside.number(uid, in: Outside.uid).map(String.init) ?? "unknown")"
    }

    private static func program(_ name: Substring, pid: Substring) -> String {
        let pid = Outside.number(pid, in: Outside.pid).map(String.init) ?? "unknown"
        return "\(TerminalText.name(name)) (pid \(pid))"
    }
}
