import Foundation

/// What is on its way to a client of the dashboard: bytes, then perhaps a body that is read as it
/// is taken.
struct DashboardOutput {
    private var bytes: [UInt8] = []
    private var sent = 0
    private var body: HistoryBody?
    /// Whether the last call of `write` has written anything.
    private(set) var hasMoved = false
    /// Whether nothing can be written any more, or what was promised cannot be.
    private(set) var hasFailed = false

    /// Whether all was taken.
    var isEmpty: Bool { sent == bytes.count && body == nil }

    /// Bytes that wait.
    var waiting: Int { bytes.count - sent }

    mutating func add(_ more: [UInt8]) {
        if sent > 0 {
            bytes.removeFirst(sent)
            sent = 0
        }
        bytes = bytes.isEmpty ? more : bytes + more
    }

    mutating func follow(_ body: HistoryBody) { self.body = body }

    /// Writes what is taken now, and no more than a piece of a body, so that others have their
    /// turn.
    mutating func write(to descriptor: Descriptor) {
        hasMoved = false
        if sent == bytes.count { refill() }
        while sent < bytes.count {
            let count = retrying {
                bytes.withUnsafeBytes {
                    Foundation.write(
                        descriptor.number, $0.baseAddress.map { $0 + sent }, bytes.count - sent)
                }
            }
            guard count > 0 else {
                hasFailed = errno != EAGAIN
                return
            }
            hasMoved = true
            sent += count
        }
        guard body == nil else { return }
        bytes = []
        sent = 0
    }

    private mutating func refill() {
        guard let body else { return }
        bytes = body.next() ?? []
        sent = 0
        guard bytes.isEmpty else { return }
        // A file that has become shorter than was promised.
        hasFailed = body.left > 0
        self.body = nil
    }
}
