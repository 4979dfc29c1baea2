import Basics
import Facts
import Model
import Plan
import Remote
import Sharding

/// What tells whether a build of llama.cpp keeps shards: a small model of zeros that the
/// coordinator's program loads to an rpc-server with a tensor cache of its own.
///
/// The matrices of its layer are just above the threshold, and under the name of their hash lies a
/// file of other bytes already; its output is a row larger, so that it has another hash, and no
/// file. A build that hashes otherwise, from another size on, or looks into another folder, writes
/// no file of that name; one that compares what it finds writes over the file that lies there.
package struct ShardTrial: Equatable, Sendable {
    /// What lies in the tensor cache, and what has to come there.
    package let files: TriedFiles
    /// What is loaded.
    package let model: ProbeModel

    /// What every build is tried with.
    package static let usual = ShardTrial(above: ShardedTensor.threshold)

    private init(above threshold: UInt64) {
        let rows = threshold / ProbeModel.rowBytes + 1
        files = TriedFiles(taken: Self.zeros(rows: rows), kept: Self.zeros(rows: rows + 1))
        model = .of(rows: rows, outputRows: rows + 1)
    }

    private static func zeros(rows: UInt64) -> StoredFile {
        var hash = TensorHash()
        hash.add(zeros: rows * ProbeModel.rowBytes)
        return StoredFile(name: hash.fileName, byteCount: rows * ProbeModel.rowBytes)
    }

    /// How it is loaded.
    ///
    /// - Parameter device: what the coordinator's program calls the worker's first device.
    package func bench(_ trial: WorkerTrial, device: String) -> DeviceBench {
        var bench = DeviceBench(
            .init(device: device, model: "", build: nil, threads: nil), of: trial.coordinator,
            (ProbeModel.tiny, model))
        bench.rpc = trial.asked
        return bench
    }

    /// What a trial means.
    package enum Verdict: Equatable, Sendable {
        case keeps
        /// Why it does not, as what follows the name of the worker.
        case refuted(Complaint)
        /// Why nobody knows.
        case unknown(Complaint)

        /// The verdict on what came of it.
        package init(_ outcome: WorkerTrial.Outcome, program: String) {
            switch outcome.fate {
            case .nowhere?:
                self = Self.untried("no file of 10 MiB can be written to /tmp on {host}")
            case _ where !outcome.isLoaded:
                let problem = outcome.problem ?? Complaint("it was stopped")
                self = Self.untried(problem.problem, remedy: problem.remedy)
            case .kept?: self = .keeps
            case .rewritten?:
                self = Self.refuted(
                    program, "does not take a file of its tensor cache as it is, and wrote over it")
            case .absent?:
                self = Self.refuted(
                    program,
                    "does not look for tensors under the names that sollol gives them: "
                        + "its hash, its threshold or its cache folder is another one")
            case nil: self = Self.untried("the guard did not say what became of its files")
            }
        }

        private static func refuted(_ program: String, _ what: String) -> Verdict {
            .refuted(
                Complaint(
                    "this build does not keep shards: \(program) on {host} \(what). Nothing was "
                        + "sent",
                    remedy: "Try: another release of llama.cpp (0.7.0 keeps shards), or "
                        + "\"storage\": \"whole\""))
        }

        static func untried(_ why: String, remedy: String? = nil) -> Verdict {
            .unknown(
                Complaint(
                    "whether its build keeps shards was not found out: \(why)", remedy: remedy))
        }
    }
}

extension ShardTrial {
    /// A program on a host that is asked once, for all workers that run it.
    package struct Candidate: Equatable, Sendable {
        /// They.
        package var workers: [Node]
        /// Where.
        package var location: RunLocation
        /// The program; empty where it was not found.
        package var program = ""
        /// Which build, with the coordinator's: 64 hexadecimal digits. Nil where somebody has to
        /// have asked both before, or where they may be another one at each start.
        package var build: String?
        /// How it is tried; nil: it cannot be.
        package var trial: WorkerTrial?
        /// Why it cannot be.
        package var obstacle: Verdict?

        /// What a verdict on it means for who wants to store shards; nil: nothing.
        package func finding(_ verdict: Verdict) -> Finding? {
            switch verdict {
            case .keeps: nil
            case .refuted(let complaint): Finding(workers, at: location, complaint)
            case .unknown(let complaint):
                Finding(workers, at: location, severity: .warning, complaint)
            }
        }
    }

    /// The programs of all workers that get shards.
    ///
    /// - Parameters:
    ///   - surveys: brief looks at all hosts.
    ///   - port: a port that is likely to be free, different each time.
    ///   - localPort: a port that is free on this machine.
    package static func candidates(
        _ plan: LaunchPlan, _ surveys: [HostSurvey], for workers: [Node], port: () -> Int,
        localPort: () -> Int
    ) -> [Candidate] {
        let trials = WorkerTrial.all(plan, surveys, port: port, localPort: localPort)
        let server = Found(.coordinator, in: surveys)
        var candidates: [Candidate] = []
        for worker in workers {
            guard let location = plan.process(worker)?.location else { continue }
            var candidate = Candidate(workers: [worker], location: location)
            switch (Found(worker, in: surveys), server) {
            case (.missing(let why), _), (_, .missing(let why)):
                candidate.obstacle = Verdict.untried(why)
            case (.program(let own, let seen), .program(let other, let coordinator)):
                let same = candidates.firstIndex {
                    $0.location == location && $0.program == own
                }
                if let same {
                    candidates[same].workers.append(worker)
                    continue
                }
                candidate.program = own
                candidate.build = build([(location, seen), (plan.coordinatorLocation, coordinator)])
                candidate.trial = trials.first { $0.worker.node == worker }
                let capabilities =
                    coordinator.known?.capabilities
                    ?? coordinator.help.map { .init(help: $0.text, version: "") }
                candidate.trial?.tryShards(
                    usual, program: own, coordinatorProgram: other,
                    listsDevices: capabilities?.listDevices ?? false)
            }
            candidates.append(candidate)
        }
        return candidates
    }

    /// Where a process's program is.
    private enum Found {
        case program(String, SurveyReport.Program)
        case missing(String)

        init(_ node: Node, in surveys: [HostSurvey]) {
            for survey in surveys {
                for (index, program) in survey.request.programs.enumerated()
                where program.users.contains(node) {
                    let host = survey.request.location.named
                    guard let report = survey.report else {
                        self = .missing(survey.problem?.problem ?? "\(host) was not asked")
                        return
                    }
                    let seen = report.programs[index]
                    self =
                        seen.path.map { .program($0, seen) }
                        ?? .missing("there is no \(program.name) on \(host)")
                    return
                }
            }
            self = .missing("its host was not asked")
        }
    }

    private static func build(_ programs: [(RunLocation, SurveyReport.Program)]) -> String? {
        var digest = SHA256()
        for (location, seen) in programs {
            guard let fingerprint = seen.known?.fingerprint else { return nil }
            digest.add(Array("\(HostKey(location).text)\n\(fingerprint)\n".utf8))
        }
        return SHA256.hex(digest.digest)
    }
}

extension LaunchPlan {
    fileprivate var coordinatorLocation: RunLocation {
        process(.coordinator)?.location ?? .here
    }
}
