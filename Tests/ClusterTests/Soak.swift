import Basics
import Foundation
import Testing

/// `deploy/dev/soak`: random faults for some minutes under a stream of requests. Not a test of CI:
/// it runs only when asked to.
@Suite(
    .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["SOLLOL_SOAK_MINUTES"] != nil))
struct Soak {
    /// What is done to the cluster.
    private enum Fault: CustomStringConvertible {
        case signal(Victim, String, Int32)
        case both(Victim, Victim)
        case cut(String, Double)
        case powerOff(String)
        case stopSollol(Double)

        var description: String {
            switch self {
            case .signal(let victim, _, let signal):
                "\(signal == SIGKILL ? "kill -9" : "SIGSTOP") of \(victim)"
            case .both: "two kill -9 at once"
            case .cut(_, let seconds): "network cut for \(Int(seconds)) s"
            case .powerOff: "host powered off and booted"
            case .stopSollol: "sollol stopped for longer than the lease"
            }
        }
    }

    private static func random(_ generator: inout SeededGenerator) -> Fault {
        let worker = Bool.random(using: &generator) ? "worker-1" : "worker-2"
        let host = Bool.random(using: &generator) ? "one" : "two"
        let victim = Victim.allCases.randomElement(using: &generator) ?? .worker
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<9: return .signal(victim, worker, SIGKILL)
        case 9..<14: return .signal(victim, worker, SIGSTOP)
        case 14..<16:
            return .both(.worker, [.coordinator, .sshClient].randomElement() ?? .coordinator)
        case 16: return .cut(host, 2)
        case 17: return .cut(host, 12)
        case 18: return .powerOff(host)
        default: return .stopSollol(9)
        }
    }

    private static func inject(_ fault: Fault, _ cluster: SshCluster, _ sollol: HostProcess) throws
    {
        switch fault {
        case .signal(let victim, let worker, let signal):
            try victim.find(worker, in: cluster).signal(signal)
        case .both(let first, let second):
            let victims = try [
                first.find("worker-1", in: cluster), second.find("worker-2", in: cluster),
            ]
            for victim in victims { victim.signal(SIGKILL) }
        case .cut(let host, let seconds):
            try cluster.bed[host].cut()
            // The fault itself: so long is the network away.
            Thread.sleep(forTimeInterval: seconds)
            try cluster.bed[host].heal()
        case .powerOff(let host):
            try cluster.bed[host].powerOff()
            try cluster.bed[host].boot()
        case .stopSollol(let seconds):
            sollol.signal(SIGSTOP)
            // The fault itself: so long does it stand.
            Thread.sleep(forTimeInterval: seconds)
            sollol.signal(SIGCONT)
        }
    }

    /// The server that a stop makes useless, if it does; one whose guard is stopped works on.
    private static func stoppedServer(_ fault: Fault, _ cluster: SshCluster) throws -> pid_t? {
        guard case .signal(let victim, let worker, SIGSTOP) = fault else { return nil }
        switch victim {
        case .worker, .sshClient, .sshdSession: return try cluster.instance(worker).pid
        case .coordinator: return try cluster.instance("coordinator").pid
        case .guardOfWorker, .guardOfCoordinator: return nil
        }
    }

    /// Processes that a fault has stopped, and that nobody else ends: a session whose connection
    /// is gone, a guard whose server works.
    private static func continueAll(_ cluster: SshCluster) {
        for host in cluster.bed.hosts + [cluster.bed.control] {
            for process in host.processes() where process.state == "T" { process.signal(SIGCONT) }
        }
    }

    private static func isWhole(_ cluster: SshCluster, _ stream: RequestStream, since: Date) -> Bool
    {
        guard cluster.servers().count == 3, let instances = try? cluster.instances(),
            instances.values.allSatisfy({ $0.count == 1 })
        else { return false }
        return stream.success(after: since) != nil
    }

    @Test func randomFaults() throws {
        let environment = ProcessInfo.processInfo.environment
        let minutes = environment["SOLLOL_SOAK_MINUTES"].flatMap { Double($0) } ?? 5
        let seed = environment["SOLLOL_SOAK_SEED"].flatMap { UInt64($0) } ?? 1
        var generator = SeededGenerator(seed: seed)
        let cluster = try FaultyCluster.make()
        let up = try cluster.sollol("up", "--detach")
        #expect(up.exitStatus() == 0, "\(up.lines)")
        let sollol = try #require(
            cluster.bed.control.processes().first {
                $0.argv.contains("up") && $0.argv.first?.hasSuffix("/sollol") == true
            })
        let stream = RequestStream(cluster)
        try eventually("a request has succeeded") { stream.success(after: .distantPast) != nil }
        // By then sollol has prepared the shell for the next coordinator, which nothing tells.
        Thread.sleep(forTimeInterval: 3)
        let before = Footprint(cluster, sollol)
        var table: [String: [FaultRecord]] = [:]
        let end = Date().addingTimeInterval(minutes * 60)
        while Date() < end {
            let fault = Self.random(&generator)
            let began = Date()
            var record = FaultRecord(began: began)
            do {
                let stopped = try Self.stoppedServer(fault, cluster)
                try Self.inject(fault, cluster, sollol)
                if let stopped {
                    // Found by what no longer moves or comes; a stopped process is its server's.
                    try eventually("\(fault): its server is replaced", within: 120) {
                        kill(stopped, 0) != 0
                    }
                }
                try eventually("\(fault): serving again", within: 120) {
                    Self.isWhole(cluster, stream, since: began)
                }
                record.hasRecovered = true
            } catch {
                print("\(fault): \(error)")
            }
            Self.continueAll(cluster)
            record.outage = stream.longestGap(since: began)
            record.failures = stream.failures(since: began)
            table[fault.description, default: []].append(record)
            if !record.hasRecovered {
                Issue.record("\(fault), seed \(seed): not recovered; \(cluster.servers())")
                break
            }
            // The next fault comes at any moment.
            Thread.sleep(forTimeInterval: Double.random(in: 0...3, using: &generator))
        }
        stream.end()
        print(FaultRecord.text(table))
        // What a fault left behind ends by the lease, and by sollol's own patience.
        try? eventually("no zombie is left", within: 30) { cluster.zombies().isEmpty }
        let after = Footprint(cluster, sollol)
        print("at the start: \(before); at the end: \(after)")
        #expect(cluster.zombies() == [])
        #expect(after.processes == before.processes && after.files == before.files)
        #expect(after.descriptors <= before.descriptors)
        let down = try cluster.sollol("down")
        #expect(down.exitStatus() == 0, "\(down.lines)")
        try cluster.expectNothingLeft()
    }
}

/// What happened at one fault.
private struct FaultRecord {
    var began: Date
    var hasRecovered = false
    /// Longest time without a completion, seconds.
    var outage = 0.0
    var failures = RequestStream.Failures()

    static func text(_ table: [String: [FaultRecord]]) -> String {
        func line(_ cells: [String]) -> String {
            let widths = [42, 6, 9, 9, 9, 8, 10, 10]
            return zip(cells, widths).map {
                $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0)
            }.joined(separator: " ")
        }
        let head = [
            "fault", "count", "recovered", "in flight", "refused", "other", "median s", "longest s",
        ]
        let rows = table.sorted { $0.key < $1.key }.map { name, records in
            let outages = records.map(\.outage).sorted()
            let recovered = records.count(where: \.hasRecovered)
            let failures = records.map(\.failures)
            return [name, "\(records.count)", "\(recovered)"]
                + [\RequestStream.Failures.inFlight, \.refused, \.other].map { path in
                    "\(failures.map { $0[keyPath: path] }.reduce(0, +))"
                }
                + [outages[outages.count / 2], outages.last ?? 0].map { String(format: "%.2f", $0) }
        }
        return ([head] + rows).map(line).joined(separator: "\n")
    }
}

/// What is in use.
private struct Footprint: CustomStringConvertible {
    /// Of `sollol` itself.
    var descriptors = 0
    var residentKiB = 0
    /// On all hosts.
    var processes = 0
    var files = 0

    init(_ cluster: SshCluster, _ sollol: HostProcess) {
        let folder = "/proc/\(sollol.pid)/fd"
        descriptors = (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0
        let status = ProcFile.text("/proc/\(sollol.pid)/status") ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        residentKiB = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        for host in cluster.bed.hosts + [cluster.bed.control] {
            processes += host.leftovers().count
            files +=
                (try? host.run("ls -A /tmp | wc -l").output).flatMap {
                    Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
                } ?? 0
        }
    }

    var description: String {
        "sollol holds \(descriptors) descriptors and \(residentKiB) KiB, "
            + "\(processes) processes and \(files) temporary files on all hosts"
    }
}

/// One small request after the other, as fast as ten a second.
private final class RequestStream: @unchecked Sendable {  // `requests` is behind a lock.
    struct Failures {
        /// Was being answered when the fault came.
        var inFlight = 0
        /// No coordinator listened.
        var refused = 0
        /// Was accepted after the fault, and failed.
        var other = 0
    }

    private struct Request {
        var began: Date
        var ended: Date
        var problem: String?
    }

    private let requests = Locked<[Request]>([])
    private let isEnded = Locked(false)

    init(_ cluster: SshCluster) {
        let pid = cluster.bed.control.processOne ?? 0
        let api = cluster.api
        Thread { [self] in
            while !isEnded.withLock({ $0 }) {
                let began = Date()
                let result = Result {
                    try TestHost.inNetwork(of: pid) {
                        try LocalCluster.tokens(host: api.host, port: api.port, count: 4)
                    }
                }
                var problem: String?
                if case .failure(let error) = result { problem = "\(error)" }
                let request = Request(began: began, ended: Date(), problem: problem)
                requests.withLock { $0.append(request) }
                // Ten a second at most.
                let rest = 0.1 - Date().timeIntervalSince(began)
                if rest > 0 { Thread.sleep(forTimeInterval: rest) }
            }
        }.start()
    }

    func end() { isEnded.withLock { $0 = true } }

    /// When the first request that began after that moment had succeeded.
    func success(after moment: Date) -> Date? {
        requests.withLock { all in
            all.first { $0.began > moment && $0.problem == nil }?.ended
        }
    }

    func longestGap(since moment: Date) -> Double {
        let ends = requests.withLock { all in
            all.filter { $0.problem == nil && $0.ended > moment }.map(\.ended)
        }
        return zip([moment] + ends, ends).map { $1.timeIntervalSince($0) }.max() ?? 0
    }

    func failures(since moment: Date) -> Failures {
        var failures = Failures()
        let failed = requests.withLock { all in
            all.filter { $0.problem != nil && $0.ended > moment }
        }
        for request in failed {
            if request.began < moment {
                failures.inFlight += 1
            } else if request.problem?.contains("connect:") == true {
                failures.refused += 1
            } else {
                failures.other += 1
            }
        }
        return failures
    }
}
