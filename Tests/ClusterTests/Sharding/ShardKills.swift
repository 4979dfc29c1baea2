import Basics
import Foundation
import Testing

/// `sollol shard` killed with -9 at random moments - itself, its ssh, what it runs on hosts - and
/// run again: then every host has what an undisturbed run leaves, to the byte.
final class ShardKills {
    private static let base = "\(HostUser.root.home)/.local/share/sollol/shards"
    /// Three hosts with two placements between which tensors move.
    private static let placements = ["2, 1, 1", "1, 1, 2"]

    /// Who is killed.
    enum Victim: String, CaseIterable {
        case sollol = "sollol shard"
        case ssh = "one of its ssh"
        case atHost = "a process at a host"
    }

    let cluster: SshCluster
    private let model: String
    private var generator: SeededGenerator
    /// Digests of all files after a run that nobody disturbs, by placement.
    private var truth: [String: [String]] = [:]
    /// Seconds that such a run takes.
    private var duration = 0.0
    /// Kills, and how many of the runs they ended.
    private(set) var kills: [Victim: (count: Int, ended: Int)] = [:]

    init(seed: UInt64) throws {
        generator = SeededGenerator(seed: seed)
        // Matrices of 12 MiB, so that rpc-server caches them, and little else.
        model = try TestEnvironment.model([
            "--layers", "3", "--embedding", "512", "--heads", "8", "--kv-heads", "2",
            "--feed-forward", "12288", "--vocabulary", "12288", "--type", "f16",
        ])
        let hosts = ["worker-a", "worker-b", "worker-c"].map { HostOptions($0) }
        cluster = try SshCluster(try TestBed(hosts, keeping: [model]), backends: [])
        // A network that takes its time, so that moments are all over the work.
        for host in cluster.bed.hosts { try host.limit(megabitsPerSecond: 400) }
        for placement in Self.placements {
            let began = Date()
            guard try run(placement).exitStatus() == 0 else {
                throw TestFailure("it does not work undisturbed")
            }
            duration = Date().timeIntervalSince(began)
            truth[placement] = try stored()
        }
    }

    private func run(_ placement: String) throws -> RunningProgram {
        try cluster.configure(
            backends: cluster.bed.hosts.map { #"{"host": "\#($0.name)", "transport": "ssh"}"# },
            extra: """
                "placement": {"participants": "workers_only", "strategy": "manual",
                              "layers": [\(placement)]}
                """)
        return try RunningProgram(
            on: cluster.bed.control,
            [
                "\(TestEnvironment.products)/sollol", "shard", "--config", cluster.configuration,
                "--model", model,
            ], limit: 120)
    }

    /// What all hosts have, digested by their own tools.
    private func stored() throws -> [String] {
        try (cluster.bed.hosts + [cluster.bed.control]).flatMap { host in
            let list = try host.run(
                "cd \(Self.base) && "
                    + "find . -type f ! -name .checked -exec sha256sum {} + | sort -k 2")
            return list.output.split(separator: "\n").map { "\(host.name): \($0)" }
        }
    }

    /// Kills so many, and compares after each.
    func kill(_ count: Int) throws {
        for number in 1...count {
            let placement = Self.placements[number % Self.placements.count]
            // From nothing, or from another placement.
            if Bool.random(using: &generator) { try removeAll() }
            var victim: Victim?
            for _ in 0..<20 where victim == nil {
                let program = try run(placement)
                victim = try strike(program)
                let hasEnded = program.exitStatus() != 0
                if let victim {
                    let former = kills[victim] ?? (0, 0)
                    kills[victim] = (former.count + 1, former.ended + (hasEnded ? 1 : 0))
                } else {
                    try removeAll()
                }
            }
            try complete(placement, "kill \(number), of \(victim?.rawValue ?? "nobody")")
        }
    }

    private func removeAll() throws {
        for host in cluster.bed.hosts + [cluster.bed.control] {
            _ = try host.run("chmod -R u+rwX \(Self.base); rm -rf \(Self.base)")
        }
    }

    /// Kills somebody at some moment; nil: it had ended before.
    private func strike(_ program: RunningProgram) throws -> Victim? {
        let moment = Date().addingTimeInterval(
            Double.random(in: 0...duration, using: &generator))
        let victim = Victim.allCases.randomElement(using: &generator) ?? .sollol
        let choice = Int.random(in: 0..<1000, using: &generator)
        try eventually("the moment has come") {
            Date() >= moment || !program.process.isRunning
        }
        // One that is not there yet is waited for.
        var found: HostProcess?
        try eventually("there is a victim") {
            let all = candidates(victim)
            found = all.isEmpty ? nil : all[choice % all.count]
            return found != nil || !program.process.isRunning
        }
        guard let found, program.process.isRunning else { return nil }
        found.signal(SIGKILL)
        return victim
    }

    private func candidates(_ victim: Victim) -> [HostProcess] {
        let all =
            switch victim {
            case .sollol:
                cluster.bed.control.processes().filter {
                    $0.argv.dropFirst().first == "shard"
                }
            case .ssh: cluster.sshClients()
            case .atHost:
                cluster.bed.hosts.flatMap { $0.processes() }.filter {
                    !($0.argv.first?.contains("[listener]") ?? false)
                }
            }
        return all.filter { $0.state != "Z" }.sorted { $0.pid < $1.pid }
    }

    /// Runs it once more, undisturbed, which has to complete it.
    private func complete(_ placement: String, _ what: String) throws {
        let program = try run(placement)
        let status = program.exitStatus()
        #expect(status == 0, "\(what): \(program.lines)")
        let (now, truth) = (try stored(), truth[placement] ?? [])
        #expect(now == truth, "\(what): \(Set(now).symmetricDifference(truth).sorted())")
        try cluster.expectNothingLeft()
    }
}

/// A few of them, in every test run.
@Suite(.serialized, .enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
struct ShardKillTests {
    @Test func threeAtRandomMoments() throws {
        let seed = UInt64.random(in: 1...1_000_000)
        print("shard kills: seed \(seed)")
        try ShardKills(seed: seed).kill(3)
    }
}

/// `deploy/dev/shard-kills`: many. Not a test of CI: it runs only when asked to.
@Suite(
    .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["SOLLOL_SHARD_KILLS"] != nil))
struct ManyShardKills {
    @Test func atRandomMoments() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["SOLLOL_SHARD_KILLS"].flatMap { Int($0) } ?? 50
        let seed = environment["SOLLOL_SHARD_KILLS_SEED"].flatMap { UInt64($0) } ?? 1
        let kills = try ShardKills(seed: seed)
        try kills.kill(count)
        for (victim, numbers) in kills.kills.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            print(
                "shard kills, seed \(seed): \(victim.rawValue): \(numbers.count) killed, "
                    + "\(numbers.ended) runs ended by it")
        }
        #expect(kills.kills.values.reduce(0) { $0 + $1.count } >= count)
    }
}
