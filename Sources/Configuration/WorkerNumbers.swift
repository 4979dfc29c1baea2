import Basics
import Placement

/// The number of each worker's endpoint: given once and kept from start to start, so that no
/// backend gets another name, or another port to forward, because of one that comes before it.
///
/// Numbers are 1 to 15, the most workers that there can be. A new endpoint gets the smallest that
/// nobody has had; when all were given, the smallest of those whose endpoint is not configured any
/// more.
package struct WorkerNumbers: Equatable, Codable, Sendable {
    private struct Entry: Equatable, Codable, Sendable {
        var endpoint: Node.Identity
        var number: Int
    }

    private static let most = LayerPlacement.maxDevices

    private var entries: [Entry] = []

    /// None was given yet.
    package init() {}

    /// Whether none was given yet.
    package var isEmpty: Bool { entries.isEmpty }

    /// The endpoint that has a number.
    func holder(of number: Int) -> Node.Identity? {
        entries.first { $0.number == number }?.endpoint
    }

    /// The number of each of these endpoints, which are all that are configured; gives those that
    /// have none theirs.
    mutating func take(_ configured: [Node.Identity]) -> [Int] {
        configured.map { endpoint in
            if let known = entries.first(where: { $0.endpoint == endpoint }) { return known.number }
            let number = free(besides: configured)
            entries.removeAll { $0.number == number }
            entries.append(Entry(endpoint: endpoint, number: number))
            return number
        }
    }

    private func free(besides configured: [Node.Identity]) -> Int {
        let given = Set(entries.map(\.number))
        if let unused = (1...Self.most).first(where: { !given.contains($0) }) { return unused }
        let kept = Set(entries.filter { configured.contains($0.endpoint) }.map(\.number))
        // More than there may be are refused elsewhere, and still need numbers for that.
        return (1...).first { !kept.contains($0) } ?? 0
    }
}

extension SpecBuilder {
    /// Names that mean something else: in `sollol restart`, in `sollol logs`, among the log files.
    private static let reservedNames = [Node.coordinator.description, "all", "sollol"]

    /// Names are told apart without regard to case: log files go by them.
    mutating func checkNames(_ workers: [WorkerSpec]) {
        var named: [String: WorkerSpec] = [:]
        for worker in workers where string(worker.key(.name)) != nil {
            let name = worker.node.description
            if let other = named[name.lowercased()] {
                problem(
                    worker.key(.name),
                    "\(printable(name)) is already the name of \(other.group); give each its own "
                        + "(upper and lower case count as the same).")
            }
            named[name.lowercased()] = worker
            if Self.reservedNames.contains(name.lowercased()) {
                problem(
                    worker.key(.name),
                    "\(printable(name)) means something else to sollol; give another name.")
            }
            checkDefaultName(name, of: worker)
        }
    }

    /// A `worker-N` that another endpoint has, or had, by itself.
    private mutating func checkDefaultName(_ name: String, of worker: WorkerSpec) {
        let lower = name.lowercased()
        guard lower.hasPrefix("worker-"), let number = Int(lower.dropFirst("worker-".count)),
            number != worker.number, case .worker(let endpoint, _) = numbers.holder(of: number)
        else { return }
        problem(
            worker.key(.name),
            "\(printable(name)) is what \(endpoint) is called by itself; give another name.")
    }
}
