import Basics
import Configuration
import Facts
import Foundation
import Plan
import Remote
import Sharding
import Survey

/// Looks before a start at what nodes store of a model in shards.
package enum ShardLooks {
    /// What stores them, again where they are there.
    static let remedy = "Try: sollol shard"

    /// What is known of the coordinator's manifest.
    package enum Manifest {
        case found(ShardManifest)
        /// Nothing is stored, or what is there is none; why, as what follows a process's name.
        case unusable(String)
        /// The host was not asked, which its own look tells.
        case unknown
    }

    /// The coordinator's manifest of the model.
    ///
    /// - Parameter isSource: whether what is stored shall be the source of what is to be stored:
    ///   then one counts that `sollol shard` could not put in its place any more.
    package static func manifest(_ spec: ClusterSpec, isSource: Bool = false) -> Manifest {
        let location = spec.coordinator.location
        let line = ShardScript.find(
            base: spec.shardBase(of: .coordinator),
            holder: ShardFolder.name(of: .coordinator, cluster: spec.name),
            model: spec.model.text, between: isSource)
        let question = Question(
            location: location, line: line, timeout: 30 + spec.timeouts.connect,
            size: Bounds.shardManifestBytes)
        guard let bytes = ask([question], spec.timeouts)[0] else { return .unknown }
        guard let newline = bytes.firstIndex(of: UInt8(ascii: "\n")),
            bytes.starts(with: "found ".utf8)
        else {
            if let obstacle = ShardAnswer(bytes).obstacle { return .unusable(obstacle) }
            return .unusable("no shards of the model \(spec.model.text) are stored on {host}")
        }
        do throws(ShardManifest.Problem) {
            return .found(try ShardManifest(bytes[(newline + 1)...]))
        } catch {
            return .unusable(
                "the manifest of the shards on {host} cannot be read: \(error.message)")
        }
    }

    /// What is wrong with what the processes of a plan find on their disks, file by file.
    static func findings(_ plan: LaunchPlan) -> [Finding] {
        let processes = plan.processes.filter { $0.shard != nil }
        let elsewhere = processes.filter(\.node.isWorker).compactMap { $0.shard?.digestSeconds }
        let questions = processes.map { process in
            // Where workers have tensors the skeleton has holes, which are read ten times as fast.
            let holes = process.node.isWorker ? 0 : elsewhere.reduce(0, +) / 10
            return Question(
                location: process.location, line: ShardScript.check(process.shard),
                timeout: 30 + plan.timeouts.connect + holes + (process.shard?.digestSeconds ?? 0))
        }
        return zip(processes, ask(questions, plan.timeouts)).flatMap { process, bytes in
            guard let bytes else {
                return [
                    Finding(
                        [process.node], at: process.location,
                        "what it stores on {host} could not be looked at",
                        remedy: "Try: sollol check")
                ]
            }
            return ShardScript.problems(bytes).map {
                Finding(
                    [process.node], at: process.location,
                    TerminalText.quote($0), remedy: remedy)
            }
        }
    }

    private struct Question {
        var location: RunLocation
        var line: String
        var timeout: Double
        var size = 0
    }

    /// Asks all side by side; nil where a host could not be asked.
    private static func ask(_ questions: [Question], _ timeouts: Timeouts) -> [[UInt8]?] {
        var answers = [[UInt8]?](repeating: nil, count: questions.count)
        guard !questions.isEmpty else { return answers }
        let loop = EventLoop()
        let queue = ConnectionQueue<Int>(loop: loop)
        var shells: [HostShell] = []
        var missing = questions.count
        func done(_ index: Int, _ shell: HostShell?, _ answer: [UInt8]?) {
            answers[index] = answer
            shell?.close()
            queue.finished(index)
            missing -= 1
            if missing == 0 { loop.stop() }
        }
        func begin(_ index: Int) {
            let question = questions[index]
            let carrier = SSHCommand.argv(to: question.location, timeouts: timeouts)
            guard let shell = try? HostShell(carrier: carrier, loop: loop) else {
                loop.at(EventLoop.now) { done(index, nil, nil) }
                return
            }
            shells.append(shell)
            shell.ask(question.line, size: question.size, timeout: question.timeout) {
                done(index, shell, $0)
            } failure: { _ in
                done(index, shell, nil)
            }
        }
        loop.at(EventLoop.now) {
            for index in questions.indices { queue.request(index) { begin(index) } }
        }
        Signals.running(loop) {
            for shell in shells { shell.kill() }
            loop.stop()
        }
        return answers
    }
}
