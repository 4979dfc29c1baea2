@testable import Basics
@testable import Configuration
@testable import Plan

extension Node {
    /// Worker `number` of tests that do not care about its endpoint: 127.0.0.1, ports from 50052.
    static func worker(_ number: Int) -> Node {
        .worker(number, at: Endpoint(host: "127.0.0.1", port: 50051 + number))
    }
}

/// So that tests write what people read: `"worker-3"` is `worker(3)`, `"coordinator"` that one.
extension Node: ExpressibleByStringLiteral {
    /// Of a test's own text, so that any other name is a mistake.
    public init(stringLiteral name: String) {
        if name == Node.coordinator.description {
            self = .coordinator
        } else {
            guard name.hasPrefix("worker-"), let number = Int(name.dropFirst(7)) else {
                preconditionFailure("no node is called \(name)")
            }
            self = .worker(number)
        }
    }
}

extension LaunchPlan {
    /// The process that people call so.
    func process(_ name: String) -> PlannedProcess? {
        processes.first { $0.node.description == name }
    }
}

extension PlannedProcess {
    /// What people call it.
    var name: String { node.description }
}

extension UnmanagedBackend {
    /// What people call it.
    var name: String { node.description }
}

extension WorkerSpec {
    /// What people call it.
    var name: String { node.description }
}
