import Foundation

/// A headless Chromium, by the WebDriver protocol (W3C) of its driver.
final class Browser {
    private let driver: RunningProgram
    private let folder: String
    private let session: String

    init() throws {
        let port = TestEnvironment.ports(1)[0]
        folder = NSTemporaryDirectory() + "sollol-browser-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        driver = try RunningProgram(
            "/bin/sh", ["-c", "exec chromedriver --port=\(port) >&2"],
            environment: [
                "HOME": folder, "TMPDIR": folder, "XDG_CONFIG_HOME": folder,
                "XDG_CACHE_HOME": folder, "XDG_RUNTIME_DIR": folder,
            ])
        try driver.waitFor("started successfully")
        let options: [String: Any] = [
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run",
                "--user-data-dir=\(folder)/profile",
            ]
        ]
        let wanted: [String: Any] = [
            "goog:chromeOptions": options,
            "goog:loggingPrefs": ["browser": "ALL", "performance": "ALL"],
        ]
        let base = "http://127.0.0.1:\(port)/session"
        let answer = try Self.post(base, ["capabilities": ["alwaysMatch": wanted]])
        guard let id = (answer as? [String: Any])?["sessionId"] as? String else {
            throw TestFailure("no session: \(answer)")
        }
        session = "\(base)/\(id)"
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private static func post(_ url: String, _ body: [String: Any]) throws -> Any {
        let text = String(
            decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        let run = try ShellRun(#"exec curl -sS -m 60 "$1" -d @-"#, [url], input: text)
        let answer = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
        guard run.status == 0, let value = (answer as? [String: Any])?["value"] else {
            throw TestFailure("\(url): \(run.output) \(run.errors)")
        }
        if let error = (value as? [String: Any])?["error"] { throw TestFailure("\(error)") }
        return value
    }

    func open(_ url: String) throws { _ = try Self.post("\(session)/url", ["url": url]) }

    /// The value of a script's function body.
    func run(_ script: String) throws -> Any {
        try Self.post("\(session)/execute/sync", ["script": script, "args": [Any]()])
    }

    func text(_ script: String) -> String { (try? run("return " + script)) as? String ?? "" }

    /// The size of the window and the colours that its user prefers.
    func look(width: Int, height: Int, scheme: String) throws {
        try command(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
        try command(
            "Emulation.setEmulatedMedia",
            ["features": [["name": "prefers-color-scheme", "value": scheme]]])
    }

    private func command(_ name: String, _ parameters: [String: Any]) throws {
        _ = try Self.post(
            "\(session)/goog/cdp/execute", ["cmd": name, "params": parameters])
    }

    /// A PNG.
    func screenshot() throws -> Data {
        let run = try ShellRun("exec curl -sS -m 60 \"$1/screenshot\"", [session])
        let answer = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
        let text = (answer as? [String: Any])?["value"] as? String
        guard let data = text.flatMap({ Data(base64Encoded: $0) }) else {
            throw TestFailure("no screenshot")
        }
        return data
    }

    /// Lines of a log: `browser`, or `performance`, which has each request.
    func log(_ kind: String) throws -> [String] {
        let lines = try Self.post("\(session)/se/log", ["type": kind]) as? [[String: Any]]
        return (lines ?? []).map { "\($0["level"] ?? "") \($0["message"] ?? "")" }
    }

    func quit() throws {
        _ = try ShellRun("exec curl -sS -m 60 -X DELETE \"$1\"", [session])
        driver.signal(SIGTERM)
        _ = driver.exitStatus()
    }
}
