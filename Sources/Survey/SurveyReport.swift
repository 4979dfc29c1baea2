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
        /// What was named, where that is a folder.
        package var folderPath: String?
        /// Another program of llama.cpp, where the one that was looked for is not there.
        package var otherPath: String?
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
        /// A llama.cpp tool beside it, which tells its version; or the server that has told it.
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
    /// Interfaces that have addresses.
    package var links: [NetworkLink] = []
    /// Who listens on TCP ports.
    package var listeners: [Listener] = []
    /// Servers that guards have on record there.
    package var records: [GuardRecord] = []
    /// In the order of the request.
    package var programs: [Program]
    /// What was found of `api_key_file`; nil: not asked.
    package var apiKeyFile: KeyFileAnswer.Verdict? { keyFile.verdict }
    /// What the account's own settings mean for servers there.
    package var account = Account()
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
    /// Who listens on a port, as lsof tells it: the first that it names.
    var holders: [Int: String] = [:]
    private var isComplete = false
    private var guardClock: Int64?

    /// Reads an answer; nil when it is not whole, or has more lines than any honest one.
    package init?(_ answer: [UInt8], request: SurveyRequest) {
        programs = request.programs.map { _ in Program() }
        reaches = request.reaches.map { _ in nil }
        let isBounded = Outside.lines(answer, atMost: Bounds.answerLines) { line in
            let tag = line.prefix { $0 != UInt8(ascii: " ") }
            let value = String(decoding: line.dropFirst(tag.count + 1), as: UTF8.self)
            take(Substring(decoding: tag, as: UTF8.self), value)
        }
        guard isBounded, !home.isEmpty, isComplete else { return nil }
        for (index, program) in request.programs.enumerated() where !program.isServer {
            let seen = programs[index]
            guard let tool = seen.tool, seen.version == nil else { continue }
            programs[index].version = version(toldAt: tool, request)
        }
        for (index, program) in request.programs.enumerated() {
            let seen = programs[index]
            guard seen.version == nil, seen.digests.isEmpty, let known = program.known,
                known.path == seen.path, known.stamp == seen.stamp,
                known.companions == seen.companions
            else { continue }
            programs[index].known = known
        }
        for index in listeners.indices {
            if let holder = holders[listeners[index].port] { listeners[index].holder = holder }
        }
    }

    /// Reads an answer of text.
    package init?(_ answer: String, request: SurveyRequest) {
        self.init(Array(answer.utf8), request: request)
    }

    /// What a server has told that is a worker's tool as well, and that is not asked twice.
    private func version(toldAt path: String, _ request: SurveyRequest) -> Answer? {
        zip(request.programs, programs).first { program, seen in
            program.isServer && seen.path == path && seen.build != nil
        }?.1.version
    }

    private mutating func take(_ tag: Substring, _ value: String) {
        switch tag {
        case "complete": isComplete = true
        case "home": home = Outside.path(value) ?? home
        case "path": path = value
        case "user": user = value
        case "uid": uid = Outside.number(value, in: Outside.uid)
        case "system": system = value
        case "node": node = value
        case "machine": machine = value
        case "clock": clock = Outside.number(value, in: Outside.seconds)
        case "boot": boot = value
        case "memory":
            availableMemory = Outside.number(value, in: Outside.kibibytes).map { $0 * 1024 }
        case "address":
            if addresses.count < Bounds.hostEntries, AddressRange.isNumericIPv4(value) {
                addresses.insert(value)
            }
        case "link":
            if links.count < Bounds.hostEntries, let link = NetworkLink(value) {
                links.append(link)
            }
        case "tcp", "netstat": takeListener(value)
        case "ss": takeSocket(value)
        case "lsof": takeHolder(value)
        case "up": guardClock = Outside.number(value, in: Outside.seconds)
        case "record":
            let record = GuardRecord(value, clock: guardClock)
            if let record, record.host == node, record.boot == boot,
                records.count < Bounds.hostEntries
            {
                records.append(record)
            }
        case "apikey.bytes": keyFile.take(bytes: value)
        case "apikey": keyFile.take(end: value)
        case "unwritable": unwritableFolder = value
        case "foreign": foreignFolder = value
        case "manifest.looked": if manifestPlaces.count < 10 { manifestPlaces.append(value) }
        case "manifest.folder": manifestFolder = Outside.path(value)
        case "manifest.json": Self.add(value, to: &manifest, atMost: Bounds.manifestBytes)
        default: if !account.take(tag, value) { takeNumbered(tag, value) }
        }
    }

    /// `b0.path …`, `r1 …`.
    private mutating func takeNumbered(_ tag: Substring, _ value: String) {
        let parts = tag.dropFirst().split(separator: ".", maxSplits: 1)
        guard let index = parts.first.flatMap({ Outside.number($0, in: Outside.count) }) else {
            return
        }
        if tag.first == "r", parts.count == 1, index < reaches.count {
            Self.add(value, to: &reaches[index])
        } else if tag.first == "b", parts.count == 2, index < programs.count {
            programs[index].take(parts[1], value)
        }
    }

    /// In place: an answer can be long.
    fileprivate static func add(_ line: String, to answer: inout Answer?) {
        var whole = answer ?? Answer()
        // So that the text is not copied when it grows.
        answer = nil
        if line.hasPrefix("%status ") {
            whole.status = Outside.number(line.dropFirst("%status ".count), in: Outside.status)
            // The status has a line of its own, before which an empty one is what ended the last.
            if whole.text == "\n" || whole.text.utf8.suffix(2).elementsEqual([10, 10]) {
                whole.text.unicodeScalars.removeLast()
            }
        } else {
            add(line, to: &whole.text, atMost: Bounds.programBytes)
        }
        answer = whole
    }

    /// In place; what no honest answer has room for is left out.
    private static func add(_ line: String, to text: inout String, atMost most: Int) {
        guard text.utf8.count + line.utf8.count < most else { return }
        text += line
        text += "\n"
    }
}

extension SurveyReport.Program {
    fileprivate mutating func take(_ tag: Substring, _ value: String) {
        switch tag {
        case "path": path = Outside.path(value)
        case "refused": refusedPath = Outside.path(value)
        case "folder": folderPath = Outside.path(value)
        case "other": otherPath = Outside.path(value)
        case "stamp":
            let words = value.split(separator: " ", omittingEmptySubsequences: false)
            guard (2..<200).contains(words.count),
                let numbers = Outside.numbers(
                    Array(words.prefix(2)), in: Outside.bytes, Outside.fileTime)
            else { return }
            let rest = words[2...].compactMap { Int64($0) }
            guard rest.count == words.count - 2 else { return }
            stamp = HostFacts.Stamp(size: numbers[0], modified: numbers[1] * 1_000_000_000)
            companions = rest.map(String.init).joined(separator: " ")
        case "magic":
            magic = value.split(separator: " ").prefix(20).compactMap { UInt8($0, radix: 16) }
        case "help": SurveyReport.add(value, to: &help)
        case "version": SurveyReport.add(value, to: &version)
        case "devices": SurveyReport.add(value, to: &devices)
        case "tool": tool = Outside.path(value)
        case "digest":
            let words = value.split(separator: " ", maxSplits: 1)
            // There are three, of a checksum and a size.
            guard words.count == 2, digests.count < 10, let name = Outside.name(words[0]),
                words[1].utf8.allSatisfy({ $0 == 0x20 || (0x30...0x39).contains($0) }),
                words[1].utf8.count < 64
            else { return }
            digests[name] = String(words[1])
        default: break
        }
    }
}
