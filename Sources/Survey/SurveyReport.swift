import Basics
import Facts
import LlamaCpp
import Remote

/// What a host told about itself in answer to `SurveyScript.survey`. Nothing in it is trusted: it
/// may come from another kind of machine, be cut off, or lie.
package struct SurveyReport: Equatable, Sendable {
    /// What a program printed, and its status.
    package struct Answer: Equatable, Sendable {
        /// Both streams together.
        package var text = ""
        /// 137 when it took too long; nil when the answer was cut off.
        package var status: Int?

        /// The last lines that are not empty, as part of a sentence.
        func lastLines(_ count: Int = 3) -> String {
            let lines = text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
            return lines.filter { !$0.isEmpty }.suffix(count)
                .map { $0.count > 200 ? "\($0.prefix(200))…" : String($0) }
                .joined(separator: " / ")
        }
    }

    /// One program of the request.
    package struct Program: Equatable, Sendable {
        /// Where it was found, or nil.
        package var path: String?
        /// A file of that name that cannot be executed.
        package var refusedPath: String?
        /// Which file that was.
        package var stamp: HostFacts.Stamp?
        /// As `HostFacts.Binary.companions`.
        package var companions = ""
        /// What was known of the very same files, and not asked for again.
        package var known: HostFacts.Binary?
        /// The first bytes of the file, 20 at most.
        package var magic: [UInt8] = []
        /// nil: not asked.
        package var help: Answer?
        /// The program's own version, or that of `tool`.
        package var version: Answer?
        /// What `--list-devices` of it, or of the llama-server beside it, printed.
        package var devices: Answer?
        /// A llama.cpp tool beside it, which tells its version.
        package var tool: String?
        /// Checksum and size of the program (`binary`) and of libraries beside it, by name.
        package var digests: [String: String] = [:]

        /// The full build string, if it or a tool beside it tells one.
        package var build: String? {
            known?.version ?? version.flatMap { Capabilities.buildString(in: $0.text) }
        }
    }

    /// Who listens on a TCP port.
    package struct Listener: Equatable, Sendable {
        /// Numeric IPv4; 0.0.0.0 is every address.
        package var address: String
        /// 1…65535.
        package var port: Int
        /// `rpc-server (pid 71)`, or the owner's number, or nil.
        package var holder: String?
    }

    /// The home folder, absolute.
    package var home = ""
    /// PATH as a command over ssh has it.
    package var path = ""
    /// Who programs run as.
    package var user = ""
    /// Who programs run as, by number.
    package var uid: Int?
    /// `uname -s`: `Linux`, `Darwin`.
    package var system = ""
    /// `uname -n`: what the host calls itself.
    package var node = ""
    /// `uname -m`: `x86_64`, `arm64`.
    package var machine = ""
    /// Seconds since 1970 there.
    package var clock: Int64?
    /// Differs after each boot; empty when unknown.
    package var boot = ""
    /// Bytes that new processes can have.
    package var availableMemory: Int64?
    /// IPv4; empty when the host has no tool that tells.
    package var addresses: Set<String> = []
    /// Who listens on TCP ports.
    package var listeners: [Listener] = []
    /// Servers that guards have on record there.
    package var records: [GuardRecord] = []
    /// In the order of the request.
    package var programs: [Program]
    /// What was found of `api_key_file`; nil: not asked.
    package var apiKeyFile: KeyFileAnswer.Verdict? { keyFile.verdict }
    /// A folder that guards cannot make a file in.
    package var unwritableFolder: String?
    /// The guards' folder, where it is not as it has to be: `PATH is MODE of user N`.
    package var foreignFolder: String?
    /// Where the manifest of an Ollama name was looked for.
    package var manifestPlaces: [String] = []
    /// The `models` folder that has it.
    package var manifestFolder: String?
    /// The manifest's text.
    package var manifest = ""
    /// What the attempts of `SurveyRequest.reaches` said; nil where the host cannot try.
    package var reaches: [Answer?]

    private var keyFile = KeyFileAnswer()
    private var holders: [Listener] = []
    private var isComplete = false
    private var guardClock: Int64?

    /// Reads an answer; nil when it is not whole.
    package init?(_ answer: String, request: SurveyRequest) {
        programs = request.programs.map { _ in Program() }
        reaches = request.reaches.map { _ in nil }
        for line in answer.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1]) : ""
            take(parts[0], value)
        }
        guard home.hasPrefix("/"), isComplete else { return nil }
        for (index, program) in request.programs.enumerated() {
            let seen = programs[index]
            guard seen.version == nil, seen.digests.isEmpty, let known = program.known,
                known.path == seen.path, known.stamp == seen.stamp,
                known.companions == seen.companions
            else { continue }
            programs[index].known = known
        }
        for index in listeners.indices {
            let port = listeners[index].port
            if let known = holders.first(where: { $0.port == port }) {
                listeners[index].holder = known.holder
            }
        }
    }

    private mutating func take(_ tag: Substring, _ value: String) {
        switch tag {
        case "complete": isComplete = true
        case "home": home = value
        case "path": path = value
        case "user": user = value
        case "uid": uid = Int(value)
        case "system": system = value
        case "node": node = value
        case "machine": machine = value
        case "clock": clock = Int64(value)
        case "boot": boot = value
        case "memory": availableMemory = Int64(value).flatMap { $0 > 1 << 40 ? nil : $0 * 1024 }
        case "address": if AddressRange.isNumericIPv4(value) { addresses.insert(value) }
        case "tcp", "netstat": takeListener(value)
        case "ss": takeSocket(value)
        case "lsof": takeHolder(value)
        case "up": guardClock = Int64(value)
        case "record":
            let record = GuardRecord(value, clock: guardClock)
            if let record, record.host == node, record.boot == boot { records.append(record) }
        case "apikey.bytes": keyFile.take(bytes: value)
        case "apikey": keyFile.take(end: value)
        case "unwritable": unwritableFolder = value
        case "foreign": foreignFolder = value
        case "manifest.looked": manifestPlaces.append(value)
        case "manifest.folder": manifestFolder = value
        case "manifest.json": manifest += value + "\n"
        default: takeNumbered(tag, value)
        }
    }

    /// `b0.path …`, `r1 …`.
    private mutating func takeNumbered(_ tag: Substring, _ value: String) {
        let parts = tag.dropFirst().split(separator: ".", maxSplits: 1)
        guard let index = parts.first.flatMap({ Int($0) }), index >= 0 else { return }
        if tag.first == "r", parts.count == 1, index < reaches.count {
            Self.add(value, to: &reaches[index])
        } else if tag.first == "b", parts.count == 2, index < programs.count {
            programs[index].take(parts[1], value)
        }
    }

    /// In place: an answer can be long.
    fileprivate static func add(_ line: String, to answer: inout Answer?) {
        if answer == nil { answer = Answer() }
        if line.hasPrefix("%status ") {
            answer?.status = Int(line.dropFirst("%status ".count))
        } else {
            answer?.text += line
            answer?.text += "\n"
        }
    }

    // MARK: Ports

    /// `0100007F:C384 1000` of Linux's /proc/net/tcp, `127.0.0.1.50052` of a BSD's netstat.
    private mutating func takeListener(_ value: String) {
        let parts = value.split(separator: " ")
        guard let local = parts.first else { return }
        let listener =
            parts.count == 2
            ? Self.hexadecimal(local).map { address, port in
                Listener(address: address, port: port, holder: "a program of user \(parts[1])")
            }
            : Self.dotted(local).map { Listener(address: $0, port: $1) }
        if let listener { listeners.append(listener) }
    }

    private static func hexadecimal(_ text: Substring) -> (String, Int)? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1], radix: 16),
            [8, 32].contains(parts[0].count)
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
            let port = Int(text[text.index(after: mark)...])
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
    private mutating func takeSocket(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count > 4, words[0] == "LISTEN", let local = Self.dotted(words[3]) else {
            return
        }
        let quoted = line.split(separator: "\"", omittingEmptySubsequences: false)
        let uid = words.first { $0.hasPrefix("uid:") }.flatMap { Int($0.dropFirst(4)) } ?? 0
        var holder = "a program of user \(uid)"
        if quoted.count >= 3 {
            let pid = quoted[2].dropFirst(",pid=".count).prefix { $0.isNumber }
            holder = "\(quoted[1]) (pid \(pid))"
        }
        listeners.append(Listener(address: local.address, port: local.port, holder: holder))
    }

    /// A line of `lsof -nP -iTCP -sTCP:LISTEN`.
    private mutating func takeHolder(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count > 8, let local = Self.dotted(words[8]) else { return }
        let name = "\(words[0]) (pid \(words[1]))"
        holders.append(Listener(address: local.address, port: local.port, holder: name))
    }
}

extension SurveyReport.Program {
    fileprivate mutating func take(_ tag: Substring, _ value: String) {
        switch tag {
        case "path": path = value
        case "refused": refusedPath = value
        case "stamp":
            let words = value.split(separator: " ", omittingEmptySubsequences: false)
            let numbers = words.compactMap { Int64($0) }
            guard numbers.count == words.count, (2..<200).contains(numbers.count),
                abs(numbers[1]) < 1 << 32
            else { return }
            stamp = HostFacts.Stamp(size: numbers[0], modified: numbers[1] * 1_000_000_000)
            companions = numbers[2...].map(String.init).joined(separator: " ")
        case "magic":
            magic = value.split(separator: " ").prefix(20).compactMap { UInt8($0, radix: 16) }
        case "help": SurveyReport.add(value, to: &help)
        case "version": SurveyReport.add(value, to: &version)
        case "devices": SurveyReport.add(value, to: &devices)
        case "tool": tool = value
        case "digest":
            let words = value.split(separator: " ", maxSplits: 1)
            // There are three.
            if words.count == 2, digests.count < 10 { digests[String(words[0])] = String(words[1]) }
        default: break
        }
    }
}
