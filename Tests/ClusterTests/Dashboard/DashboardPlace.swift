import Foundation

/// A cluster whose dashboard is served, and requests to it.
final class DashboardPlace {
    let cluster: LocalCluster
    private(set) var program: RunningProgram

    init() throws {
        let port = TestEnvironment.ports(1)[0]
        cluster = try LocalCluster(extra: #""dashboard": {"port": \#(port)}"#)
        cluster.hasDashboard = true
        url = "http://127.0.0.1:\(port)"
        program = try cluster.serving()
    }

    /// Where it is.
    let url: String

    /// Starts a `sollol` again that was stopped.
    func startAgain() throws { program = try cluster.serving() }

    func stop() throws {
        program.signal(SIGTERM)
        let status = program.exitStatus()
        guard status == 0 else { throw TestFailure("sollol ended with \(status)") }
    }

    func get(_ path: String, _ options: String...) throws -> String {
        try get(path, options)
    }

    func get(_ path: String, _ options: [String] = []) throws -> String {
        let run = try ShellRun(
            #"u=$1; shift; exec curl -sS -m 20 "$@" "$u""#, [url + path] + options)
        guard run.status == 0 else { throw TestFailure("\(path): \(run.errors)") }
        return run.output
    }

    func json(_ path: String) throws -> [String: Any] {
        let text = try get(path)
        guard let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        else { throw TestFailure("\(path): no object") }
        return object
    }

    /// Waits until an answer holds a text.
    func eventually(_ path: String, _ text: String) throws {
        try ClusterTests.eventually("\(path) says \(text)") {
            (try? self.get(path).contains(text)) == true
        }
    }
}
