import Basics
import Placement

/// `HOST[:PORT]` of an RPC backend.
struct BackendAddress: Equatable, Sendable {
    var host: String
    var port: Int?

    /// Why a text is no address, to be said after it.
    struct Mistake: Error, Equatable {
        var message: String
    }

    /// More are not even looked at; the bound on devices is far below.
    static let most = 64

    static func tooMany(_ count: Int) -> String {
        "\(count) RPC backends, at most \(LayerPlacement.maxDevices) are possible: llama.cpp "
            + "aborts with more devices (GGML_SCHED_MAX_BACKENDS is 16, the CPU included)."
    }

    /// Takes the text apart and checks both.
    static func parse(_ text: String) -> Result<BackendAddress, Mistake> {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count > 2 || text.hasPrefix("[") || text.contains("://") || text.contains(",") {
            let problem = StringRule.backendHost.problem(text) ?? "is not HOST or HOST:PORT"
            return .failure(Mistake(message: problem))
        }
        let host = String(parts.first ?? "")
        if let problem = StringRule.backendHost.problem(host) {
            return .failure(Mistake(message: problem))
        }
        guard parts.count == 2 else { return .success(BackendAddress(host: host)) }
        let digits = parts[1].unicodeScalars.allSatisfy { ("0"..."9").contains($0) }
        guard digits, let port = Int(parts[1]), (1...65535).contains(port) else {
            return .failure(
                Mistake(message: "has the port \(printable(String(parts[1]))), not 1 to 65535")
            )
        }
        return .success(BackendAddress(host: host, port: port))
    }
}
