import Basics
import Remote

/// What servers take of their hosts, as their guards tell.
package struct UsageFigures: Equatable, Sendable {
    private struct Figure: Equatable, Sendable {
        var usage: ResourceUsage
        var at: Instant
        /// Processors that it keeps busy; nil after one report.
        var processors: Double?
    }

    private var figures: [Node: Figure] = [:]
    /// When each guard has said anything last.
    private var heard: [Node: Instant] = [:]

    /// Takes what a guard says.
    mutating func take(_ usage: ResourceUsage?, of node: Node, at now: Instant) {
        heard[node] = now
        guard let usage else { return }
        var figure = Figure(usage: usage, at: now)
        if let before = figures[node], usage.cpuSeconds >= before.usage.cpuSeconds,
            now - before.at > 0
        {
            figure.processors = (usage.cpuSeconds - before.usage.cpuSeconds) / (now - before.at)
        }
        figures[node] = figure
    }

    /// It does not run any more.
    mutating func forget(_ node: Node) {
        figures[node] = nil
        heard[node] = nil
    }

    /// Bytes that it holds.
    func memory(of node: Node) -> Int? { figures[node].map { $0.usage.residentKiB * 1024 } }

    /// Processors that it keeps busy.
    func processors(of node: Node) -> Double? { figures[node]?.processors }

    /// Seconds of processor time since it was started.
    func processorSeconds(of node: Node) -> Double? { figures[node]?.usage.cpuSeconds }

    /// Seconds since its guard was heard.
    func silence(of node: Node, at now: Instant) -> Double? { heard[node].map { now - $0 } }
}
