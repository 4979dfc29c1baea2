import Basics
import Plan
import Remote

/// Whether workers have loaded what is on their disks, and nothing in its place.
///
/// llama.cpp says nothing about it: a worker that does not find a tensor computes with the hole
/// that the coordinator has, and its answers are wrong. But then it has read less: what a
/// worker reads while a coordinator loads is its shard (`rchar`, proc(5); what comes over the
/// network does not count), to the byte on a CPU (measured, build 11669).
package struct ShardProof: Equatable, Sendable {
    /// What the answers of workers come to.
    package enum Verdict: Equatable, Sendable {
        /// What is computed with is what was stored.
        case proven
        /// It is not, and why.
        case refuted(String)
        /// Nobody knows, which another attempt may change.
        case unknown(String)

        /// Why a coordinator may not go on.
        package var problem: String? {
            switch self {
            case .proven: nil
            case .refuted(let problem), .unknown(let problem): problem
            }
        }

        /// What several come to: what is wrong for certain is told alone.
        package static func all(_ verdicts: [Verdict]) -> Verdict {
            func joined(_ problems: [String]) -> String? {
                problems.isEmpty ? nil : problems.joined(separator: "; ")
            }
            let refuted = verdicts.compactMap {
                if case .refuted(let problem) = $0 { problem } else { nil }
            }
            return joined(refuted).map { .refuted($0) }
                ?? joined(verdicts.compactMap(\.problem)).map { .unknown($0) } ?? .proven
        }
    }

    /// Who has to read how much.
    private let bytes: [Node: UInt64]
    /// What each had read before the coordinator began.
    private var before: [Node: Int] = [:]
    /// How far it is, by what it prints at `-lv 4` (build 11669): `model buffer size` before it
    /// loads the weights of its first model, `constructing llama_context` after.
    private var load = Load.begun

    private enum Load { case begun, placed, over }

    /// A proof for that plan, of which nothing is known yet.
    package init(_ plan: LaunchPlan) {
        var bytes: [Node: UInt64] = [:]
        for process in plan.processes where process.role == .worker {
            bytes[process.node] = process.shard?.bytes
        }
        self.bytes = bytes
    }

    /// Those that have to be asked.
    package var nodes: [Node] { bytes.keys.sorted { $0.name < $1.name } }

    /// A worker has told before the coordinator begins: whether that may.
    package mutating func began(_ node: Node, _ state: ShardState) -> Verdict {
        switch state {
        case .wrong(let text):
            return .refuted("\(node): \(TerminalText.quote(text)). Try: sollol shard")
        case .good(nil):
            return .refuted(
                "\(node): its host does not tell what a process has read (/proc/PID/io), so "
                    + "that nobody could prove that it takes its shard")
        case .good(let read?):
            before[node] = read
            return .proven
        }
    }

    /// Takes a line of the coordinator: whether it has just loaded its weights. It computes nothing
    /// yet, and answers nobody for as long as it is paused now.
    package mutating func hasLoaded(_ line: String) -> Bool {
        switch load {
        case .begun where line.contains(" model buffer size = "): load = .placed
        case .placed where line.contains("constructing llama_context"): load = .over
        default: return false
        }
        return load == .over && !bytes.isEmpty
    }

    /// A worker has told after the coordinator has loaded: whether that may serve.
    package func ended(_ node: Node, _ state: ShardState) -> Verdict {
        guard let wanted = bytes[node].map({ Int(clamping: $0) }) else { return .proven }
        switch state {
        case .wrong(let text):
            return .refuted(
                "\(node) did not load its shard: \(TerminalText.quote(text)). Try: sollol shard")
        case .good(let read):
            guard let read, let before = before[node] else {
                return .unknown("\(node): nobody knows whether it has read its shard")
            }
            let difference = read - before - wanted
            guard difference < 0 || difference > PlannedShard.slack else { return .proven }
            let (size, all) = (Self.mebibytes(read - before), Self.mebibytes(wanted))
            let build = "this build of llama.cpp does not take it as it is"
            let whole = "set \(ConfigurationKey.cluster(.storage)) to \"whole\""
            // With a byte in its hole, the coordinator names another file than the worker has.
            return .refuted(
                "\(node) has read \(size) from its disk, and its shard is \(all): "
                    + (difference < 0
                        ? "the skeleton is not what was stored any more, or \(build). Try: sollol "
                            + "shard, and where that sends nothing, \(whole)"
                        : "\(build). Try: \(whole)"))
        }
    }

    /// Guards that have not answered in time.
    package static func silent(_ nodes: some Sequence<Node>) -> Verdict {
        let names = Node.list(nodes.sorted { $0.name < $1.name })
        return .unknown(
            "nobody knows whether the shard of \(names) is right: its guard does not answer")
    }

    private static func mebibytes(_ bytes: Int) -> String {
        MemorySize.text(UInt64(max(0, bytes)))
    }
}
