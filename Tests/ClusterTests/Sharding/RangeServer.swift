import Foundation

/// A web server with ranges that lies when it is told to (`Fixtures/range-server.py`), here or on a
/// host of a bed.
final class RangeServer {
    /// `http://NAME:PORT`.
    let address: String
    /// Where its files are, as it sees them and as this machine does.
    private let folder: String
    private let seen: String
    private let program: RunningProgram

    static let canRun = access("/usr/bin/python3", X_OK) == 0

    /// Starts one.
    ///
    /// - Parameters:
    ///   - files: the folder of what it serves.
    ///   - host: nil for this machine.
    init(_ files: String, on host: TestHost? = nil, elsewhere: String = "localhost") throws {
        folder = host == nil ? NSTemporaryDirectory() + "sollol-web-\(UUID().uuidString)" : "/srv"
        seen = host?.path(folder) ?? folder
        try FileManager.default.createDirectory(
            atPath: seen, withIntermediateDirectories: true)
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/range-server.py")
        try Data(contentsOf: fixture).write(to: URL(fileURLWithPath: seen + "/server.py"))
        try Data("good".utf8).write(to: URL(fileURLWithPath: seen + "/mode"))
        try Data().write(to: URL(fileURLWithPath: seen + "/log"))
        let words = [
            "\(folder)/server.py", files, host == nil ? "0" : "8000", "\(folder)/mode",
            "\(folder)/log", elsewhere,
        ]
        program =
            try host.map {
                try RunningProgram(on: $0, ["/usr/bin/python3"] + words, limit: 600)
            } ?? RunningProgram("/usr/bin/python3", words, limit: 600)
        let port = try program.waitFor("port ").split(separator: " ").last ?? ""
        address = "http://\(host?.name ?? "127.0.0.1"):\(port)"
    }

    /// Ends it: nobody answers there any more.
    func stop() { program.signal(SIGKILL) }

    deinit {
        stop()
        if folder != "/srv" { try? FileManager.default.removeItem(atPath: folder) }
    }

    /// How it behaves from now on; what was asked so far is forgotten.
    ///
    /// - Parameters:
    ///   - skip: requests that are answered well before.
    ///   - value: a status, or bytes.
    func behave(_ mode: String, after skip: Int = 0, _ value: Int = 0) throws {
        try Data().write(to: URL(fileURLWithPath: seen + "/log"))
        // Another text, so that it counts anew.
        let text = "\(mode) \(skip) \(value) \(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: seen + "/mode"), options: .atomic)
    }

    struct Request {
        var client: String
        var host: String
        var path: String
        var range: String
        var condition: String
        var authorization: String
        /// The client's own port, which tells connections apart.
        var port: String

        /// Bytes that were asked for.
        var byteCount: Int {
            let ends = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
            return ends.count == 2 ? ends[1] - ends[0] + 1 : 0
        }
    }

    /// What it was asked.
    func requests() throws -> [Request] {
        let text = try String(contentsOfFile: seen + "/log", encoding: .utf8)
        return text.split(separator: "\n").compactMap {
            let words = $0.split(separator: " ").map(String.init)
            guard words.count == 7 else { return nil }
            return Request(
                client: words[0], host: words[1], path: words[2], range: words[3],
                condition: words[4], authorization: words[5], port: words[6])
        }
    }
}
