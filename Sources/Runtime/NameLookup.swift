import Foundation

/// Looks names up side by side, each on a thread of its own: the resolver blocks, for half a minute
/// and more when its servers do not answer, and nothing can interrupt it (getaddrinfo(3)).
package enum NameLookup {
    /// What became of a name.
    package enum Outcome: Equatable, Sendable {
        /// Its first IPv4 address.
        case address(String)
        /// It has none.
        case missing
        /// The resolver has not answered in time.
        case silent
    }

    /// How a name is looked up; it may block.
    package typealias Resolver = @Sendable (String) -> String?

    /// Far more than the resolver needs with its modules (nsswitch.conf(5)).
    private static let stackSize = 512 << 10

    /// What the threads have found so far; a thread that comes too late writes for nobody.
    ///
    /// Unchecked, since everything is guarded by the condition.
    private final class Answers: @unchecked Sendable {
        private let condition = NSCondition()
        private var found: [String: Outcome] = [:]

        func add(_ name: String, _ outcome: Outcome) {
            condition.lock()
            defer { condition.unlock() }
            found[name] = outcome
            condition.signal()
        }

        /// Waits for so many answers until that time.
        func all(_ count: Int, until deadline: Date) -> [String: Outcome] {
            condition.lock()
            defer { condition.unlock() }
            while found.count < count, condition.wait(until: deadline) {}
            return found
        }
    }

    /// The outcome of each name.
    ///
    /// - Parameters:
    ///   - limit: seconds for all of them.
    ///   - resolver: asks the system unless given.
    package static func outcomes(
        of names: Set<String>, within limit: Double, by resolver: @escaping Resolver = resolve
    ) -> [String: Outcome] {
        let answers = Answers()
        for name in names {
            let thread = Thread {
                answers.add(name, resolver(name).map { .address($0) } ?? .missing)
            }
            thread.stackSize = stackSize
            thread.start()
        }
        let found = answers.all(names.count, until: Date(timeIntervalSinceNow: limit))
        return Dictionary(uniqueKeysWithValues: names.map { ($0, found[$0] ?? .silent) })
    }

    /// The first numeric IPv4 address of a name, or nil. Asks the resolver, which can take long.
    @Sendable package static func resolve(_ name: String) -> String? {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = streamSocket
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &first) == 0 else { return nil }
        defer { freeaddrinfo(first) }
        return first?.pointee.ai_addr?.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
            LocalNetwork.text($0.pointee.sin_addr)
        }
    }
}
