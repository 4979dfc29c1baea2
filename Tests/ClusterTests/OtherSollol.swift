import Foundation

/// Holds a cluster's lock, and answers on its control socket what a test wants, such as what
/// another release did.
final class OtherSollol: @unchecked Sendable {  // Its thread alone uses it.
    private let listener: Int32
    private let lock: HeldLock
    private let answers: Locked<[String: String]>

    init(_ place: CommandLineTests.Place, _ answers: [String: String]) throws {
        let state = "\(place.folder)/state/sollol/sollol"
        lock = try HeldLock(state: state)
        self.answers = Locked(answers)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: Array("\(state)/control.sock".utf8))
        }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0, listen(listener, 8) == 0 else {
            throw TestFailure("no socket in \(state)")
        }
        Thread { self.serve() }.start()
    }

    /// From now on that is what it answers.
    func answer(_ command: String, _ text: String) { answers.withLock { $0[command] = text } }

    private func serve() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            var line: [UInt8] = []
            var byte: UInt8 = 0
            while read(client, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
            let text = String(decoding: line, as: UTF8.self)
            let found = answers.withLock { $0 }.first { text.contains("\"command\":\"\($0.key)\"") }
            let answer = Array((found?.value ?? answers.withLock { $0["", default: ""] }).utf8)
            _ = send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
            close(client)
            if text.contains("\"stop\"") {
                close(listener)
                return lock.release()
            }
        }
    }
}
